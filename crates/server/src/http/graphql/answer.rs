//! What goes back: a GraphQL response, its status and its media type.

use async_graphql::{Response as GraphqlResponse, Value};
use async_graphql_axum::GraphQLResponse;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use mina_graphql::{TIMEOUT, UNAVAILABLE};

use super::media_type::MediaType;
use crate::telemetry::Outcome;

/// An answer whose media type is still open.
#[derive(Debug)]
pub struct Answer {
    /// What the client is told.
    pub response: GraphqlResponse,
    /// Headers beside the usual ones.
    pub headers: HeaderMap,
    kind: Kind,
}

/// What the status depends on.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// The HTTP request is not one that is taken.
    Refused(StatusCode),
    /// There is a GraphQL request, and it cannot be executed.
    Invalid,
    /// It was executed.
    Executed,
}

impl Answer {
    /// The answer to what is no GraphQL request, or not one that is taken now.
    pub fn refused(status: StatusCode, response: GraphqlResponse) -> Self {
        Self::new(Kind::Refused(status), response)
    }

    /// The answer where the database failed before anything could be executed.
    pub fn failed(response: GraphqlResponse) -> Self {
        let mut answer = Self::executed(response);
        if answer.status(MediaType::GraphqlResponse) == StatusCode::OK {
            answer.kind = Kind::Refused(StatusCode::INTERNAL_SERVER_ERROR);
        }
        answer
    }

    /// The answer to a GraphQL request that cannot be executed.
    pub fn invalid(response: GraphqlResponse) -> Self {
        Self::new(Kind::Invalid, response)
    }

    /// The answer to what was executed.
    pub fn executed(response: GraphqlResponse) -> Self {
        let mut answer = Self::new(Kind::Executed, response);
        if answer.failed_with(UNAVAILABLE) {
            answer.headers.insert(header::RETRY_AFTER, 1.into());
        }
        answer
    }

    fn new(kind: Kind, response: GraphqlResponse) -> Self {
        Self {
            response,
            headers: HeaderMap::new(),
            kind,
        }
    }

    /// Whether there are no data because of an error with this code.
    fn failed_with(&self, code: &str) -> bool {
        self.response.data == Value::Null && self.has_code(code)
    }

    fn has_code(&self, code: &str) -> bool {
        self.response.errors.iter().any(|error| {
            let extensions = error.extensions.as_ref();
            extensions.and_then(|it| it.get("code")) == Some(&Value::from(code))
        })
    }

    /// The status, which says more to who asks for `application/graphql-response+json`.
    ///
    /// Source: GraphQL over HTTP, <https://graphql.github.io/graphql-over-http/draft/>, section 6.4.
    pub fn status(&self, media_type: MediaType) -> StatusCode {
        match (self.kind, media_type) {
            (Kind::Refused(status), _) => status,
            (Kind::Invalid, MediaType::GraphqlResponse) => StatusCode::BAD_REQUEST,
            (Kind::Executed, _) if self.failed_with(UNAVAILABLE) => StatusCode::SERVICE_UNAVAILABLE,
            (Kind::Executed, _) if self.failed_with(TIMEOUT) => StatusCode::GATEWAY_TIMEOUT,
            (Kind::Invalid | Kind::Executed, _) => StatusCode::OK,
        }
    }

    /// How the request ended, for whoever watches.
    pub fn outcome(&self) -> Outcome {
        let status = self.status(MediaType::GraphqlResponse);
        match (self.kind, status) {
            (_, StatusCode::SERVICE_UNAVAILABLE) if self.is_refused() => Outcome::Overloaded,
            (_, StatusCode::SERVICE_UNAVAILABLE) => Outcome::Unavailable,
            (_, StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT) => Outcome::Timeout,
            (Kind::Refused(StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS), _) => {
                Outcome::Refused
            }
            (Kind::Invalid, _) if self.has_code("COST_LIMIT_EXCEEDED") => Outcome::Refused,
            (Kind::Refused(_) | Kind::Invalid, _) => Outcome::Invalid,
            (Kind::Executed, _) if self.response.errors.is_empty() => Outcome::Ok,
            (Kind::Executed, _) if self.response.data == Value::Null => Outcome::Failed,
            (Kind::Executed, _) => Outcome::PartialErrors,
        }
    }

    /// Whether there is a GraphQL request to which it is the answer.
    pub fn is_graphql(&self) -> bool {
        !self.is_refused()
    }

    fn is_refused(&self) -> bool {
        matches!(self.kind, Kind::Refused(_))
    }

    /// The answer in JSON.
    pub fn json(&self) -> String {
        let written = match self.kind {
            Kind::Executed => serde_json::to_string(&self.response),
            // There are no data, which says more than that they are null.
            Kind::Refused(_) | Kind::Invalid => {
                serde_json::to_string(&serde_json::json!({"errors": self.response.errors}))
            }
        };
        // Values of GraphQL can be written, whatever they are.
        written.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot write an answer");
            "null".to_owned()
        })
    }

    /// The HTTP response.
    ///
    /// `GraphQLResponse` writes what was executed. It knows nothing of the status and of the media
    /// type that the client asked for, so these are set after it, as are our own headers.
    pub fn into_response(self, media_type: MediaType) -> Response {
        let status = self.status(media_type);
        let mut response = match self.kind {
            Kind::Executed => GraphQLResponse::from(self.response).into_response(),
            Kind::Refused(_) | Kind::Invalid => self.json().into_response(),
        };
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.extend(self.headers);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(media_type.content_type()),
        );
        headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        response
    }
}
