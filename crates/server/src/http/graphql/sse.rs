//! GraphQL over server-sent events, in "distinct connections" mode: each request has its own
//! stream, which ends with the operation.
//!
//! Source: <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>.

use std::{convert::Infallible, mem, net::IpAddr, sync::Arc, time::Duration, vec};

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use mina_graphql::{Delivery, EventPayload, Events, Login, Operation};
use tokio::{select, time::sleep};
use tracing::Span;

use super::{
    answer::Answer, counted_body::CountedBody, not_authenticated, payload, points::PointsOfCaller,
    rejection::Rejection,
};
use crate::{
    http::{AppState, streams::StreamPlace},
    telemetry::{RequestOutcome, RequestRecord},
};

/// The header that tells nginx, and proxies that follow it, not to buffer a response.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// An open subscription whose events are not being sent yet.
pub struct OpenSubscription {
    events: Events,
    login: Option<Login>,
    place: Option<Box<StreamPlace>>,
}

impl OpenSubscription {
    /// Begins a subscription on behalf of the user of a token, whose events are paid with `points`.
    ///
    /// # Errors
    ///
    /// The answer that says why the subscription cannot begin.
    pub async fn begin(
        state: &AppState,
        operation: Operation,
        token: Option<&str>,
        address: IpAddr,
        points: Arc<PointsOfCaller>,
    ) -> Result<Self, Box<Answer>> {
        if state.draining.has_begun() {
            return Err(Rejection::ShuttingDown.into());
        }
        let login = match token {
            Some(token) => Some(state.engine.login(token).await.map_err(not_authenticated)?),
            None => None,
        };
        let viewer = login.as_ref().and_then(Login::viewer);
        // Without a viewer, the subscription does not begin.
        let place = viewer.map(|it| state.streams.enter(address, Some(it.user().id)));
        let place = place.transpose()?.map(Box::new);
        let events = state.engine.subscribe(operation, login.clone(), points);
        let events = events
            .await
            .map_err(|response| Box::new(Answer::executed(*response)))?;
        Ok(Self {
            events,
            login,
            place,
        })
    }
}

/// Streams a subscription until it ends, the token becomes invalid or the server shuts down.
pub fn respond(
    state: &AppState,
    subscription: OpenSubscription,
    record: RequestRecord,
) -> Response {
    let OpenSubscription {
        events,
        mut login,
        place,
    } = subscription;
    let draining = state.draining.clone();
    let engine = state.engine.clone();
    let cut_off = Box::pin(async move {
        select! {
            () = draining.stopping() => None,
            _ = engine.login_ended(login.as_mut()) => Some(unauthenticated()),
        }
    });
    let stream = EventStream {
        events,
        sending: Chunks::default(),
        record,
        outcome: RequestOutcome::Ok,
        has_ended: false,
        keep_alive: state.live.ping_interval,
        span: Span::current(),
        _place: place,
    };
    let chunks = stream::unfold((stream, cut_off), async |(mut stream, mut cut_off)| {
        let chunk = stream.next(&mut cut_off).await?;
        Some((Ok::<_, Infallible>(chunk), (stream, cut_off)))
    });
    event_stream(Body::from_stream(chunks))
}

/// A response with the headers of an event stream.
fn event_stream(body: Body) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream; charset=utf-8"),
        ),
        (header::VARY, HeaderValue::from_static("Accept")),
        // A proxy that buffers a whole response before it sends it on would never send anything.
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}

/// A subscription that is being streamed. It is logged when it ends.
struct EventStream {
    events: Events,
    /// What was delivered and was not sent yet.
    sending: Chunks,
    record: RequestRecord,
    outcome: RequestOutcome,
    has_ended: bool,
    /// A comment is sent if nothing else was sent for this long.
    keep_alive: Duration,
    /// The span of the request.
    span: Span,
    _place: Option<Box<StreamPlace>>,
}

impl EventStream {
    /// The next chunk to send. `cut_off` ends the subscription early with a last event, if there is
    /// something to say. If there is not, the stream ends without `complete`, so that the client
    /// reconnects.
    async fn next(&mut self, cut_off: impl Future<Output = Option<String>>) -> Option<Bytes> {
        if let Some(chunk) = self.sending.next() {
            return Some(chunk);
        }
        if self.has_ended {
            return None;
        }
        let delivery = select! {
            last = cut_off => {
                self.has_ended = true;
                return last.map(|last| (last + COMPLETE).into());
            }
            delivery = self.events.next() => delivery,
            () = sleep(self.keep_alive) => return Some(Bytes::from_static(COMMENT.as_bytes())),
        };
        self.sending = match delivery {
            Some(Delivery::Next(payloads)) => {
                *self.record.events.get_or_insert(0) += payloads.len() as u64;
                Chunks::new(payloads, "")
            }
            Some(Delivery::Failed(response)) => {
                let answer = Answer::executed(*response);
                self.outcome = answer.outcome();
                return Some(next(&answer.json()).into());
            }
            None => {
                self.has_ended = true;
                return Some(Bytes::from_static(COMPLETE.as_bytes()));
            }
        };
        self.sending.next()
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        self.record.answered(self.outcome, 200);
    }
}

/// Responds with the single answer of an operation, as an event stream.
pub async fn respond_once(answer: Answer, record: &RequestRecord) -> Response {
    record.answered(answer.outcome(), 200);
    let payload = answer.into_payload().await;
    let mut chunks: Vec<Bytes> = Chunks::new(vec![payload.clone()], COMPLETE).collect();
    let body = match &mut chunks[..] {
        // A body of one chunk has a length.
        [whole] => Body::from(mem::take(whole)),
        _ => Body::from_stream(stream::iter(chunks.into_iter().map(Ok::<_, Infallible>))),
    };
    event_stream(CountedBody::wrap(body, payload))
}

/// The event that ends an operation. Browsers ignore events without a `data` line, even an empty
/// one, and axum's `Sse` cannot write an empty one.
const COMPLETE: &str = "event: complete\ndata:\n\n";

/// A comment, which clients ignore. It shows that the connection is alive.
const COMMENT: &str = ":\n\n";

/// What comes before a response in its event.
const BEFORE: &str = "event: next\ndata: ";

/// What comes after it. The response is JSON and so has no line breaks.
const AFTER: &str = "\n\n";

/// An event with a response.
fn next(payload: &str) -> String {
    format!("{BEFORE}{payload}{AFTER}")
}

/// Events with payloads, in chunks. They are made one after the other as the client reads, and a long
/// payload is a chunk of its own that is not copied.
#[derive(Default)]
struct Chunks {
    payloads: vec::IntoIter<EventPayload>,
    /// What comes after all of them.
    end: &'static str,
    text: String,
    /// The payload that comes after the text.
    long: Option<EventPayload>,
}

impl Chunks {
    fn new(payloads: Vec<EventPayload>, end: &'static str) -> Self {
        Self {
            payloads: payloads.into_iter(),
            end,
            text: String::new(),
            long: None,
        }
    }
}

impl Iterator for Chunks {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if let Some(long) = self.long.take() {
            self.text.push_str(AFTER);
            return Some(payload::bytes(long));
        }
        while self.text.len() < payload::MAX_COPIED {
            let Some(payload) = self.payloads.next() else {
                self.text.push_str(mem::take(&mut self.end));
                break;
            };
            self.text.push_str(BEFORE);
            if payload.len() > payload::MAX_COPIED {
                self.long = Some(payload);
                break;
            }
            self.text.push_str(&payload);
            self.text.push_str(AFTER);
        }
        let text = mem::take(&mut self.text);
        (!text.is_empty()).then(|| text.into())
    }
}

fn unauthenticated() -> String {
    let message = "The bearer token is no longer valid. Sign in again.";
    next(
        &Rejection::Unauthenticated(message.to_owned())
            .answer()
            .json(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_payloads_are_chunks_of_their_own() {
        let payload = |length: usize| EventPayload::new("x".repeat(length), None);
        let (short, long) = (payload(10), payload(payload::MAX_COPIED + 1));
        let payloads = vec![short.clone(), long.clone(), short.clone(), short.clone()];
        let whole: String = payloads.iter().map(|payload| next(payload)).collect();
        let chunks: Vec<Bytes> = Chunks::new(payloads, COMPLETE).collect();
        assert_eq!(chunks.len(), 3);
        assert_eq!(chunks[1].as_ptr(), long.as_ptr());
        assert!(chunks.concat() == (whole + COMPLETE).into_bytes());
        assert_eq!(Chunks::new(Vec::new(), "").count(), 0);
        assert_eq!(Chunks::new(vec![short; 5000], "").count(), 10);
    }
}
