//! Why a request is not answered by the engine, and what the client is told instead.

use std::time::Duration;

use async_graphql::{ErrorExtensionValues, Response as GraphqlResponse, ServerError};
use axum::http::{HeaderValue, StatusCode, header};
use mina_graphql::{TIMEOUT, UNAVAILABLE};

use super::answer::Answer;

/// Why a request is refused before it is looked at as GraphQL.
#[derive(Debug)]
pub enum Refusal {
    /// No type of answer that is wanted can be given.
    NotAcceptable,
    /// The body is of a kind that is not taken.
    UnsupportedContent(String),
    /// The body is longer than so many bytes.
    LargeBody(usize),
    /// The body did not come in time.
    SlowBody,
    /// There is no GraphQL request in it.
    Malformed(String),
    /// The `Authorization` header is there and names nobody.
    Unauthenticated(String),
    /// The operation changes something, or listens, which the method must not.
    MethodNotAllowed(String),
    /// The operation listens, and the client takes one answer only.
    NeedsEvents,
    /// The server is about to end.
    Ending,
    /// Too many operations are under way on the connection: so many may be.
    TooManyOperations(u32),
    /// Too much has been asked for lately.
    RateLimited(Duration),
    /// One request costs more than may be spent in a whole minute.
    BeyondRate(u32),
    /// So many requests are being answered.
    Overloaded(u32),
    /// So much of other bodies is held that there is no room for this one.
    FullOfBodies,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotAcceptable | Self::NeedsEvents => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedContent(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::LargeBody(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::RateLimited(_) | Self::BeyondRate(_) | Self::TooManyOperations(_) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Overloaded(_) | Self::FullOfBodies | Self::Ending => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::RateLimited(_) | Self::BeyondRate(_) | Self::TooManyOperations(_) => {
                "RATE_LIMITED"
            }
            Self::SlowBody => TIMEOUT,
            Self::Overloaded(_) | Self::FullOfBodies | Self::Ending => UNAVAILABLE,
            _ => "BAD_USER_INPUT",
        }
    }

    /// What the client is told.
    pub fn message(&self) -> String {
        match self {
            Self::NotAcceptable => "Answers are `application/graphql-response+json` or \
                                    `application/json`, in UTF-8."
                .to_owned(),
            Self::LargeBody(largest) => {
                format!("The body is too long: it may have {largest} bytes at most.")
            }
            Self::SlowBody => "The body did not come in time.".to_owned(),
            Self::RateLimited(wait) => format!(
                "Too much has been asked for lately. Try again in {} seconds.",
                seconds(*wait)
            ),
            Self::BeyondRate(points) => format!(
                "This request costs more than the {points} points that may be spent in a minute."
            ),
            Self::Overloaded(most) => format!(
                "The server is answering {most} requests, and takes no more at once. Try again in \
                 a second."
            ),
            Self::FullOfBodies => "The server is reading as much as it can hold. Try again in a \
                                   second, or send less at once."
                .to_owned(),
            Self::NeedsEvents => "A subscription has many answers: send it over a WebSocket, or \
                                  accept `text/event-stream`."
                .to_owned(),
            Self::Ending => {
                "The server is about to end. Connect anew, and another one will answer.".to_owned()
            }
            Self::TooManyOperations(most) => format!(
                "{most} operations are under way on this connection, and no more may be. Complete \
                 one first."
            ),
            Self::Malformed(problem) => format!(
                "{problem} A request is a JSON object with `query` and, where needed, `variables`, \
                 `operationName` and `extensions`."
            ),
            Self::UnsupportedContent(message)
            | Self::Unauthenticated(message)
            | Self::MethodNotAllowed(message) => message.clone(),
        }
    }

    /// The answer that says so.
    pub fn answer(&self) -> Answer {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code());
        let error = ServerError {
            extensions: Some(extensions),
            ..ServerError::new(self.message(), None)
        };
        let response = GraphqlResponse::from_errors(vec![error]);
        let mut answer = Answer::refused(self.status(), response);
        let mut insert = |name, value| answer.headers.insert(name, value);
        match self {
            Self::Unauthenticated(_) => {
                insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::MethodNotAllowed(_) => {
                insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            Self::UnsupportedContent(_) => {
                let accepted = HeaderValue::from_static("application/json");
                insert(header::HeaderName::from_static("accept-post"), accepted);
            }
            Self::RateLimited(wait) => {
                insert(header::RETRY_AFTER, seconds(*wait).into());
            }
            Self::Overloaded(_) | Self::FullOfBodies | Self::Ending => {
                insert(header::RETRY_AFTER, 1.into());
            }
            _ => {}
        }
        answer
    }
}

impl From<Refusal> for Box<Answer> {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.answer())
    }
}

/// Whole seconds, at least one.
fn seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}
