//! What one subscription receives, from where it begins to where it ends.

use std::{pin::Pin, sync::Arc};

use async_graphql::Response;
use futures_util::{Stream, stream};
use metrics::gauge;
use tokio::time::sleep;

use super::{
    Filter, Live, Login, RETRY, Selection,
    batch::{Batch, Event, Payload},
    changes::FollowedChanges,
    transcript::FollowedTranscript,
};
use crate::{
    account::viewer::Viewer,
    engine::Engine,
    error::{Error, refuse},
    metric,
};

/// What a subscription is about.
#[derive(Clone, Debug)]
pub(crate) enum Topic {
    /// The transcript of a session after a position.
    Transcript {
        /// The database id of the session.
        session_id: i32,
        /// The last position that the subscriber has.
        after: i32,
    },
    /// Changes in the workspace of the viewer.
    Changes(Filter),
}

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

/// Begins a subscription.
pub(crate) async fn begin(
    engine: Engine,
    login: Login,
    selection: Selection,
    topic: Topic,
) -> Result<Events, Error> {
    let subscriber = Subscriber {
        engine,
        login,
        selection: Arc::new(selection),
    };
    let source = subscriber.follow(topic).await?;
    let under_way = Some((subscriber, source, Counted::new()));
    Ok(Box::pin(stream::unfold(under_way, async |under_way| {
        let (subscriber, mut source, counted) = under_way?;
        Some(match source.next(&subscriber).await {
            Ok(payloads) => {
                let under_way = (subscriber, source, counted);
                (Delivery::Next(payloads), Some(under_way))
            }
            Err(error) => (Delivery::Failed(Box::new(refuse(error))), None),
        })
    })))
}

/// Who receives events, and how they want to read them.
pub(super) struct Subscriber {
    engine: Engine,
    login: Login,
    selection: Arc<Selection>,
}

/// Where events come from.
enum Source {
    Transcript(FollowedTranscript),
    Changes(FollowedChanges),
}

impl Subscriber {
    async fn follow(&self, topic: Topic) -> Result<Source, Error> {
        Ok(match topic {
            Topic::Transcript { session_id, after } => {
                Source::Transcript(FollowedTranscript::after(self.live(), session_id, after).await?)
            }
            Topic::Changes(filter) => {
                let viewer = self.viewer()?;
                Source::Changes(FollowedChanges::from_now(self.live(), &viewer, filter)?)
            }
        })
    }

    pub(super) fn live(&self) -> &Live {
        self.engine.live()
    }

    /// Who they are now, if they still may receive anything.
    pub(super) fn viewer(&self) -> Result<Viewer, Error> {
        self.login.viewer().ok_or(Error::Unauthenticated)
    }

    /// How events read for them alone.
    pub(super) async fn render(&self, viewer: &Viewer, events: &[Event]) -> Vec<Payload> {
        let payloads = self.engine.render(&self.selection, viewer, events).await;
        payloads.to_vec()
    }

    /// How events of a batch read for them, and for all who read the same: `filter` has let these
    /// through.
    pub(super) async fn render_shared(
        &self,
        viewer: &Viewer,
        batch: &Batch,
        events: &[Event],
        filter: Option<&Filter>,
    ) -> Arc<[Payload]> {
        let key = self.selection.key(viewer, filter);
        let rendered = batch.rendered(key, || {
            let (engine, selection) = (self.engine.clone(), Arc::clone(&self.selection));
            let (viewer, events) = (viewer.clone(), events.to_vec());
            async move { engine.render(&selection, &viewer, &events).await }
        });
        rendered.await
    }
}

impl Source {
    /// Waits for what is to be sent next, which is something, and for the database where it is away.
    async fn next(&mut self, subscriber: &Subscriber) -> Result<Vec<Payload>, Error> {
        loop {
            let payloads = match self {
                Self::Transcript(transcript) => transcript.next(subscriber).await,
                Self::Changes(changes) => changes.next(subscriber).await,
            };
            match payloads {
                Ok(payloads) if payloads.is_empty() => {}
                Err(error) if error.is_passing() => sleep(RETRY).await,
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
