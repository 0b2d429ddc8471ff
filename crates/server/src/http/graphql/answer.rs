//! The answer to a request: a GraphQL response, with its status and its media type.

use std::sync::Arc;

use async_graphql::Value;
use async_graphql_axum::GraphQLResponse;
use axum::{
    body::HttpBody,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use mina_graphql::{
    Data, EventPayload, Meter, Place, Response as GraphqlResponse, TIMEOUT, UNAVAILABLE, background,
};

use super::{counted_body::CountedBody, media_type::MediaType, points::PointsOfCaller};
use crate::telemetry::RequestOutcome;

/// From how many bytes on writing a response counts as long.
pub const LONG_FROM_BYTES: usize = 256 * 1024;

/// An answer whose media type is not chosen yet.
pub struct Answer {
    /// The GraphQL response.
    pub response: GraphqlResponse,
    /// Headers in addition to the usual ones.
    pub headers: HeaderMap,
    verdict: Verdict,
    /// None if nothing was executed.
    expense: Option<Expense>,
}

/// What an answer costs its caller.
pub struct Expense {
    /// Counts the memory of the response until it was sent.
    pub meter: Meter,
    /// The place of the request, until the response was written. Its compression is not included: it
    /// goes on as the client reads, and a place is never held by waiting for a client.
    pub place: Place,
    /// Pays for the length of the response.
    pub points: Arc<PointsOfCaller>,
}

impl Expense {
    /// Takes note that the response was written, with so many bytes. Returns the meter that counts
    /// them until they were sent.
    fn written(self, bytes: usize) -> Meter {
        self.points.charge_answer(bytes);
        self.meter.settle(bytes);
        self.meter
    }
}

/// How far a request got, on which its status depends.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    /// The HTTP request was rejected.
    Rejected(StatusCode),
    /// The GraphQL request is invalid, so it was not executed.
    Invalid,
    /// The GraphQL request was executed.
    Executed,
}

impl Answer {
    /// The answer to an HTTP request that was rejected.
    pub fn rejected(status: StatusCode, response: impl Into<GraphqlResponse>) -> Self {
        Self::new(Verdict::Rejected(status), response.into())
    }

    /// The answer if the database failed before anything could be executed.
    pub fn failed(response: impl Into<GraphqlResponse>) -> Self {
        let mut answer = Self::executed(response);
        if answer.status(MediaType::GraphqlResponse) == StatusCode::OK {
            answer.verdict = Verdict::Rejected(StatusCode::INTERNAL_SERVER_ERROR);
        }
        answer
    }

    /// The answer to an invalid GraphQL request.
    pub fn invalid(response: impl Into<GraphqlResponse>) -> Self {
        Self::new(Verdict::Invalid, response.into())
    }

    /// The answer to a GraphQL request that was executed.
    ///
    /// A response in which the database failed and every root field is null has no data worth
    /// having. Its `data` becomes null, because the status of any other data must be 2xx.
    pub fn executed(response: impl Into<GraphqlResponse>) -> Self {
        let mut response = response.into();
        let has_failed = has_code(&response, UNAVAILABLE) || has_code(&response, TIMEOUT);
        if has_failed && response.data.is_all_null() {
            response.data = Data::default();
        }
        let mut answer = Self::new(Verdict::Executed, response);
        if answer.failed_with(UNAVAILABLE) {
            answer.headers.insert(header::RETRY_AFTER, 1.into());
        }
        answer
    }

    fn new(verdict: Verdict, response: GraphqlResponse) -> Self {
        Self {
            response,
            headers: HeaderMap::new(),
            verdict,
            expense: None,
        }
    }

    /// The same answer, with what it costs.
    pub fn at_expense(self, expense: Expense) -> Self {
        Self {
            expense: Some(expense),
            ..self
        }
    }

    /// Whether an error with this code left no data.
    fn failed_with(&self, code: &str) -> bool {
        self.response.data.is_null() && has_code(&self.response, code)
    }

    /// The HTTP status. It is more precise for `application/graphql-response+json`.
    ///
    /// Source: GraphQL over HTTP, <https://graphql.github.io/graphql-over-http/draft/>, section 6.4.
    pub fn status(&self, media_type: MediaType) -> StatusCode {
        match (self.verdict, media_type) {
            (Verdict::Rejected(status), _) => status,
            (Verdict::Invalid, MediaType::GraphqlResponse) => StatusCode::BAD_REQUEST,
            (Verdict::Executed, _) if self.failed_with(UNAVAILABLE) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            (Verdict::Executed, _) if self.failed_with(TIMEOUT) => StatusCode::GATEWAY_TIMEOUT,
            (Verdict::Invalid | Verdict::Executed, _) => StatusCode::OK,
        }
    }

    /// How the request ended, for the log and the metrics.
    pub fn outcome(&self) -> RequestOutcome {
        let status = self.status(MediaType::GraphqlResponse);
        match (self.verdict, status) {
            (_, StatusCode::SERVICE_UNAVAILABLE) if self.is_rejected() => {
                RequestOutcome::Overloaded
            }
            (_, StatusCode::SERVICE_UNAVAILABLE) => RequestOutcome::Unavailable,
            (_, StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT) => {
                RequestOutcome::Timeout
            }
            (Verdict::Rejected(StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS), _) => {
                RequestOutcome::Rejected
            }
            (Verdict::Invalid, _) if has_code(&self.response, "COST_LIMIT_EXCEEDED") => {
                RequestOutcome::Rejected
            }
            (Verdict::Rejected(_) | Verdict::Invalid, _) => RequestOutcome::Invalid,
            (Verdict::Executed, _) if self.response.errors.is_empty() => RequestOutcome::Ok,
            (Verdict::Executed, _) if self.response.data.is_all_null() => RequestOutcome::Failed,
            (Verdict::Executed, _) => RequestOutcome::PartialErrors,
        }
    }

    /// Whether it answers a GraphQL request, valid or not.
    pub fn is_graphql(&self) -> bool {
        !self.is_rejected()
    }

    fn is_rejected(&self) -> bool {
        matches!(self.verdict, Verdict::Rejected(_))
    }

    /// The response as JSON.
    pub fn json(self) -> String {
        match self.verdict {
            Verdict::Executed => self.response.into_json(),
            // The specification asks for no `data`, rather than null, if nothing was executed.
            Verdict::Rejected(_) | Verdict::Invalid => {
                serde_json::json!({"errors": self.response.errors}).to_string()
            }
        }
    }

    /// Whether writing the response takes long. Its rows take a multiple of the bytes of its text.
    fn is_long(&self) -> bool {
        let expense = self.expense.as_ref();
        expense.is_some_and(|it| it.meter.used() >= 4 * LONG_FROM_BYTES)
    }

    /// The response as JSON, whose memory counts as used until it was sent.
    pub async fn into_payload(mut self) -> EventPayload {
        let is_long = self.is_long();
        let expense = self.expense.take();
        let text = background::call(is_long, move || self.json()).await;
        let meter = expense.map(|it| it.written(text.len()));
        EventPayload::new(text, meter)
    }

    /// The HTTP response. What async-graphql has executed is written by its integration with axum,
    /// which does not know the status or the media type that the client asked for.
    pub async fn into_response(mut self, media_type: MediaType) -> Response {
        let status = self.status(media_type);
        let (is_long, headers) = (self.is_long(), std::mem::take(&mut self.headers));
        let expense = self.expense.take();
        let write = move || match (self.verdict, self.response.data) {
            (Verdict::Executed, Data::Value(data)) => {
                let mut response = async_graphql::Response::new(data);
                response.errors = self.response.errors;
                response.extensions = self.response.extensions;
                GraphQLResponse::from(response).into_response()
            }
            (_, data) => {
                self.response.data = data;
                self.json().into_response()
            }
        };
        let mut response = background::call(is_long, write).await;
        *response.status_mut() = status;
        response.headers_mut().extend(headers);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(media_type.content_type()),
        );
        headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        let Some(expense) = expense else {
            return response;
        };
        let length = response.body().size_hint().lower();
        let meter = expense.written(usize::try_from(length).unwrap_or(usize::MAX));
        response.map(|body| CountedBody::wrap(body, meter))
    }
}

/// Whether an error of a response has this code.
fn has_code(response: &GraphqlResponse, code: &str) -> bool {
    response.errors.iter().any(|error| {
        let extensions = error.extensions.as_ref();
        extensions.and_then(|it| it.get("code")) == Some(&Value::from(code))
    })
}
