//! What one subscriber receives, from the beginning of a subscription to its end.

use std::pin::Pin;

use async_graphql::Response;
use futures_util::{Stream, stream};
use metrics::gauge;
use tokio::time::sleep;

use super::{
    changes::FollowedChanges, node::RETRY, rendering::Payload, subscriber::Subscriber,
    transcript::FollowedTranscript,
};
use crate::{
    error::{Error, response::reject},
    metric,
    schema::event::Topic,
};

/// What a subscriber is sent.
#[derive(Debug)]
pub enum Delivery {
    /// Answers to events, in JSON.
    Next(Vec<Payload>),
    /// Why there will be no more.
    Failed(Box<Response>),
}

/// What a subscriber is sent, until the subscription ends.
pub type Events = Pin<Box<dyn Stream<Item = Delivery> + Send>>;

/// Begins to deliver what a subscription is about.
pub(crate) async fn begin(subscriber: Subscriber, topic: Topic) -> Result<Events, Error> {
    let source = Source::of(topic, &subscriber).await?;
    let under_way = Some((subscriber, source, Counted::new()));
    Ok(Box::pin(stream::unfold(under_way, async |under_way| {
        let (subscriber, mut source, counted) = under_way?;
        Some(match source.next(&subscriber).await {
            Ok(payloads) => {
                let under_way = (subscriber, source, counted);
                (Delivery::Next(payloads), Some(under_way))
            }
            Err(error) => (Delivery::Failed(Box::new(reject(error))), None),
        })
    })))
}

/// Where events come from.
enum Source {
    Transcript(FollowedTranscript),
    Changes(FollowedChanges),
}

impl Source {
    async fn of(topic: Topic, subscriber: &Subscriber) -> Result<Self, Error> {
        let live = &subscriber.live;
        Ok(match topic {
            Topic::Transcript { session_id, after } => {
                let database = &live.database;
                let followed =
                    FollowedTranscript::after(database, &live.transcripts, session_id, after);
                Self::Transcript(followed.await?)
            }
            Topic::Changes(filter) => {
                let viewer = subscriber.viewer()?;
                Self::Changes(FollowedChanges::from_now(&live.changes, &viewer, filter)?)
            }
        })
    }

    /// Waits for what is to be sent next, which is something, and for the database where it is away.
    async fn next(&mut self, subscriber: &Subscriber) -> Result<Vec<Payload>, Error> {
        loop {
            let payloads = match self {
                Self::Transcript(transcript) => transcript.next(subscriber).await,
                Self::Changes(changes) => changes.next(subscriber).await,
            };
            match payloads {
                Ok(payloads) if payloads.is_empty() => {}
                Err(error) if error.is_transient() => sleep(RETRY).await,
                payloads => return payloads,
            }
        }
    }
}

/// One more subscriber, as long as it lives.
struct Counted;

impl Counted {
    fn new() -> Self {
        gauge!(metric::SUBSCRIBERS).increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(metric::SUBSCRIBERS).decrement(1.0);
    }
}
