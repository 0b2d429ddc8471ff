//! Why a request is rejected before it reaches the engine, and the answer to it.

use std::time::Duration;

use async_graphql::{ErrorExtensionValues, Response as GraphqlResponse, ServerError};
use axum::http::{HeaderValue, StatusCode, header};
use mina_graphql::{TIMEOUT, UNAVAILABLE, counted};

use super::answer::Answer;
use crate::telemetry::Shed;

/// Why a request is rejected before it is read as GraphQL.
#[derive(Debug)]
pub enum Rejection {
    /// The client accepts no media type that the server can send.
    NotAcceptable,
    /// The media type or the encoding of the body is not supported.
    UnsupportedContent(String),
    /// The body is longer than the limit, in bytes.
    LargeBody(usize),
    /// The body did not arrive in time.
    SlowBody,
    /// The body or the URL holds no GraphQL request.
    Malformed(String),
    /// A parameter of the URL is not known, or has no such value.
    BadParameter(String),
    /// The `Authorization` header is present but invalid.
    Unauthenticated(String),
    /// There is nothing at this address that the caller may see.
    NotFound(String),
    /// The operation is not allowed with this HTTP method.
    MethodNotAllowed(String),
    /// The operation is a subscription, and the client accepts only a single response.
    NeedsEvents,
    /// The server is shutting down.
    ShuttingDown,
    /// The connection runs as many operations as it may.
    TooManyOperations(u32),
    /// The caller is over its rate limit for so long.
    RateLimited(Duration),
    /// A single request costs more than the points of a whole minute.
    ExceedsRate(u32),
    /// The server is answering as many requests as it may.
    Overloaded,
    /// The bodies of other requests fill the memory reserved for bodies.
    BodiesFull,
    /// The bodies of other requests from this address fill its part of that memory.
    TooManyBodies,
    /// A user or an address has as many WebSocket connections, event streams and downloads as it may.
    TooManyStreams {
        /// Who has them, at the beginning of a sentence.
        whose: &'static str,
        /// How many.
        limit: u64,
        /// Which kind of them.
        which: &'static str,
    },
    /// The server has as many WebSocket connections, event streams and downloads as it may.
    StreamsFull,
}

impl Rejection {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotAcceptable | Self::NeedsEvents => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedContent(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::LargeBody(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Malformed(_) | Self::BadParameter(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::RateLimited(_)
            | Self::ExceedsRate(_)
            | Self::TooManyOperations(_)
            | Self::TooManyBodies
            | Self::TooManyStreams { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded | Self::BodiesFull | Self::StreamsFull | Self::ShuttingDown => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::NotFound(_) => "NOT_FOUND",
            Self::RateLimited(_)
            | Self::ExceedsRate(_)
            | Self::TooManyOperations(_)
            | Self::TooManyBodies
            | Self::TooManyStreams { .. } => "RATE_LIMITED",
            Self::SlowBody => TIMEOUT,
            Self::Overloaded | Self::BodiesFull | Self::StreamsFull | Self::ShuttingDown => {
                UNAVAILABLE
            }
            _ => "BAD_USER_INPUT",
        }
    }

    /// The error message.
    pub fn message(&self) -> String {
        match self {
            Self::NotAcceptable => "Responses are `application/graphql-response+json` or \
                                    `application/json`, in UTF-8."
                .to_owned(),
            Self::LargeBody(limit) => {
                format!(
                    "The body is too long. The limit is {}.",
                    counted(*limit, "byte")
                )
            }
            Self::SlowBody => "The body did not arrive in time.".to_owned(),
            Self::RateLimited(wait) => format!(
                "Rate limit exceeded. Try again in {}.",
                counted(seconds(*wait), "second")
            ),
            Self::ExceedsRate(points) => format!(
                "This request costs more than the rate limit of {} per minute.",
                counted(*points, "point")
            ),
            Self::Overloaded => "The server is answering as many requests as it can, and yours \
                                 would have to wait too long. Try again in a second."
                .to_owned(),
            Self::BodiesFull => "The server is already reading as many bytes as it can hold. Try \
                                   again in a second, or send less at once."
                .to_owned(),
            Self::TooManyBodies => {
                "The server is already reading as many bytes from this address as \
                                    it may hold. Try again in a second, or send less at once."
                    .to_owned()
            }
            Self::TooManyStreams {
                whose,
                limit,
                which,
            } => format!("{whose} already has {limit} {which}. Close one first."),
            Self::StreamsFull => {
                "The server has as many open WebSockets, event streams and downloads as \
                                  it can hold. Try again in a few seconds."
                    .to_owned()
            }
            Self::NeedsEvents => "A subscription has many responses. Send it over a WebSocket, \
                                  or accept `text/event-stream`."
                .to_owned(),
            Self::ShuttingDown => {
                "The server is shutting down. Reconnect to reach another one.".to_owned()
            }
            Self::TooManyOperations(limit) => format!(
                "This connection is already running {}, which is the limit. Complete one first.",
                counted(*limit, "operation")
            ),
            Self::Malformed(problem) => format!(
                "{problem} A request is a JSON object with `query` and, if needed, `variables`, \
                 `operationName` and `extensions`."
            ),
            Self::UnsupportedContent(message)
            | Self::BadParameter(message)
            | Self::Unauthenticated(message)
            | Self::NotFound(message)
            | Self::MethodNotAllowed(message) => message.clone(),
        }
    }

    /// What the rejection counts as, if another client or this one asks for too much at once.
    fn shed(&self) -> Option<Shed> {
        match self {
            Self::Overloaded => Some(Shed::Overloaded),
            Self::RateLimited(_) => Some(Shed::RateLimited),
            Self::BodiesFull | Self::TooManyBodies => Some(Shed::Bodies),
            Self::TooManyStreams { .. } | Self::StreamsFull => Some(Shed::Streams),
            _ => None,
        }
    }

    /// The answer to the client.
    pub fn answer(&self) -> Answer {
        if let Some(shed) = self.shed() {
            shed.count();
        }
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code());
        let error = ServerError {
            extensions: Some(extensions),
            ..ServerError::new(self.message(), None)
        };
        let response = GraphqlResponse::from_errors(vec![error]);
        let mut answer = Answer::rejected(self.status(), response);
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
            Self::Overloaded | Self::BodiesFull | Self::TooManyBodies | Self::ShuttingDown => {
                insert(header::RETRY_AFTER, 1.into());
            }
            Self::TooManyStreams { .. } | Self::StreamsFull => {
                insert(header::RETRY_AFTER, 5.into());
            }
            _ => {}
        }
        answer
    }
}

impl From<Rejection> for Box<Answer> {
    fn from(rejection: Rejection) -> Self {
        Self::new(rejection.answer())
    }
}

/// Whole seconds, at least one.
fn seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}
