//! GraphQL over server-sent events, in the mode of distinct connections: each request has its own
//! stream, which ends with the operation.
//!
//! Source: <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use mina_graphql::{Delivery, Events, Login, Operation};
use tokio::{select, time::sleep};
use tracing::Span;

use super::{answer::Answer, not_authenticated, refusal::Refusal};
use crate::{
    http::AppState,
    telemetry::{Outcome, RequestRecord},
};

/// What tells nginx, and those that do as it does, not to collect an answer.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A subscription that has begun.
pub struct Subscribed {
    events: Events,
    login: Option<Login>,
}

impl Subscribed {
    /// Begins a subscription on behalf of the user of a token.
    ///
    /// # Errors
    ///
    /// The answer that says why there is nothing to be followed.
    pub async fn begin(
        state: &AppState,
        operation: Operation,
        token: Option<&str>,
    ) -> Result<Self, Box<Answer>> {
        if state.draining.has_begun() {
            return Err(Refusal::Ending.into());
        }
        let login = match token {
            Some(token) => Some(state.engine.login(token).await.map_err(not_authenticated)?),
            None => None,
        };
        let events = state.engine.subscribe(operation, login.clone()).await;
        let events = events.map_err(|response| Box::new(Answer::executed(*response)))?;
        Ok(Self { events, login })
    }
}

/// Answers a subscription, for as long as client, token and server last.
pub fn respond(state: &AppState, subscribed: Subscribed, record: RequestRecord) -> Response {
    let Subscribed { events, mut login } = subscribed;
    let draining = state.draining.clone();
    let engine = state.engine.clone();
    let cut_off = Box::pin(async move {
        select! {
            () = draining.stopping() => None,
            _ = engine.login_ended(login.as_mut()) => Some(unauthenticated()),
        }
    });
    let told = Told {
        events,
        record,
        outcome: Outcome::Ok,
        is_over: false,
        keep_alive: state.live.ping_interval,
        span: Span::current(),
    };
    let parts = stream::unfold((told, cut_off), async |(mut told, mut cut_off)| {
        let parts = told.next(&mut cut_off).await?;
        Some((Ok::<_, Infallible>(parts), (told, cut_off)))
    });
    event_stream(Body::from_stream(parts))
}

/// The answer with this body.
fn event_stream(body: Body) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream; charset=utf-8"),
        ),
        (header::VARY, HeaderValue::from_static("Accept")),
        // A proxy that collects an answer before it hands it on would collect for ever.
        (UNBUFFERED, HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}

/// A subscription that is told, which in the end says so in the log.
struct Told {
    events: Events,
    record: RequestRecord,
    outcome: Outcome,
    is_over: bool,
    /// After how long something is sent if nothing happens.
    keep_alive: Duration,
    /// That of the request.
    span: Span,
}

impl Told {
    /// What is sent next. Where the subscription is cut off, that is what there is to say of it;
    /// if there is nothing, the stream ends without a word, so that the client comes back.
    async fn next(&mut self, cut_off: impl Future<Output = Option<String>>) -> Option<String> {
        if self.is_over {
            return None;
        }
        let delivery = select! {
            last = cut_off => {
                self.is_over = true;
                return last.map(|last| last + COMPLETE);
            }
            delivery = self.events.next() => delivery,
            () = sleep(self.keep_alive) => return Some(COMMENT.to_owned()),
        };
        Some(match delivery {
            Some(Delivery::Next(payloads)) => {
                *self.record.events.get_or_insert(0) += payloads.len() as u64;
                payloads.iter().map(|payload| next(payload)).collect()
            }
            Some(Delivery::Failed(response)) => {
                let answer = Answer::executed(*response);
                self.outcome = answer.outcome();
                next(&answer.json())
            }
            None => {
                self.is_over = true;
                COMPLETE.to_owned()
            }
        })
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        self.record.answered(self.outcome, 200);
    }
}

/// Answers an operation that has one answer.
pub fn respond_once(answer: &Answer, record: &RequestRecord) -> Response {
    record.answered(answer.outcome(), 200);
    event_stream(Body::from(next(&answer.json()) + COMPLETE))
}

/// The end of an operation. An event without a line of data is none to browsers.
const COMPLETE: &str = "event: complete\ndata:\n\n";

/// What says nothing.
const COMMENT: &str = ":\n\n";

/// An answer, which is JSON and so has no line breaks.
fn next(payload: &str) -> String {
    format!("event: next\ndata: {payload}\n\n")
}

fn unauthenticated() -> String {
    let message = "The bearer token is not good any more. Sign in again.";
    next(&Refusal::Unauthenticated(message.to_owned()).answer().json())
}
