//! Delivery of events to one subscriber, from the start of a subscription to its end.

use std::pin::Pin;

use async_graphql::Response;
use futures_util::{Stream, stream};
use metrics::gauge;
use tokio::time::sleep;

use super::{
    changes::ChangeStream, node::RETRY_DELAY, rendering::EventPayload, subscriber::Subscriber,
    transcript::TranscriptStream,
};
use crate::{
    error::{Error, response::reject},
    metric,
    schema::event::Topic,
};

/// One message to a subscriber.
#[derive(Debug)]
pub enum Delivery {
    /// Responses to events, as JSON.
    Next(Vec<EventPayload>),
    /// The error that ends the subscription.
    Failed(Box<Response>),
}

/// All messages to a subscriber, until the subscription ends.
pub type Events = Pin<Box<dyn Stream<Item = Delivery> + Send>>;

/// Starts delivering the events of a topic.
pub(crate) async fn start(subscriber: Subscriber, topic: Topic) -> Result<Events, Error> {
    let source = Source::of(topic, &subscriber).await?;
    let state = Some((subscriber, source, SubscriberCount::new()));
    Ok(Box::pin(stream::unfold(state, async |state| {
        let (subscriber, mut source, counted) = state?;
        Some(match source.next(&subscriber).await {
            Ok(payloads) => {
                let state = (subscriber, source, counted);
                (Delivery::Next(payloads), Some(state))
            }
            Err(error) => (Delivery::Failed(Box::new(reject(error))), None),
        })
    })))
}

/// Where events come from.
enum Source {
    Transcript(TranscriptStream),
    Changes(ChangeStream),
}

impl Source {
    async fn of(topic: Topic, subscriber: &Subscriber) -> Result<Self, Error> {
        let live = &subscriber.live;
        Ok(match topic {
            Topic::Transcript { session_id, after } => {
                let transcript = TranscriptStream::after(subscriber, session_id, after);
                Self::Transcript(transcript.await?)
            }
            Topic::Changes(filter) => {
                live.started().await;
                let viewer = subscriber.viewer()?;
                Self::Changes(ChangeStream::from_now(&live.changes, &viewer, filter)?)
            }
        })
    }

    /// Waits for the next payloads, at least one. Retries while the database is unavailable, and
    /// while the viewer's answers use all the memory that they may.
    async fn next(&mut self, subscriber: &Subscriber) -> Result<Vec<EventPayload>, Error> {
        loop {
            let payloads = match self {
                Self::Transcript(transcript) => transcript.next(subscriber).await,
                Self::Changes(changes) => changes.next(subscriber).await,
            };
            match payloads {
                Ok(payloads) if payloads.is_empty() => {}
                Err(error) if error.is_transient() || matches!(error, Error::AnswersFull) => {
                    sleep(RETRY_DELAY).await;
                }
                payloads => return payloads,
            }
        }
    }
}

/// Counts a subscriber for as long as this value exists.
struct SubscriberCount;

impl SubscriberCount {
    fn new() -> Self {
        gauge!(metric::SUBSCRIBERS).increment(1.0);
        Self
    }
}

impl Drop for SubscriberCount {
    fn drop(&mut self) {
        gauge!(metric::SUBSCRIBERS).decrement(1.0);
    }
}
