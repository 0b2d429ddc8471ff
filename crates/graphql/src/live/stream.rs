//! What one subscription receives, from where it begins to where it ends.

use std::pin::Pin;

use async_graphql::Response;
use futures_util::{Stream, stream};
use metrics::gauge;

use super::{
    Event, Filter, Live, Login, Selection,
    batch::{Batch, Payload},
    feeds::{Follower, Missed},
    transcript,
};
use crate::{
    engine::Engine,
    error::{Error, refuse},
    metric,
    viewer::Viewer,
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

/// A subscription under way.
struct Subscription {
    engine: Engine,
    login: Login,
    selection: Selection,
    source: Source,
    _counted: Counted,
}

/// Where events come from.
enum Source {
    Transcript {
        session_id: i32,
        /// The position of the last event that was delivered.
        position: i32,
        follower: Follower,
        /// Whether what is stored has to be read before what is told.
        behind: bool,
    },
    Changes {
        workspace_id: i32,
        filter: Filter,
        follower: Follower,
    },
    Ended,
}

/// Begins a subscription.
pub(crate) async fn begin(
    engine: Engine,
    login: Login,
    selection: Selection,
    topic: Topic,
) -> Result<Events, Error> {
    let viewer = login.viewer().ok_or(Error::Unauthenticated)?;
    let source = Source::open(engine.live(), &viewer, topic).await?;
    let subscription = Subscription {
        engine,
        login,
        selection,
        source,
        _counted: Counted::new(),
    };
    Ok(Box::pin(stream::unfold(
        subscription,
        |mut it| async move {
            let delivery = it.next().await?;
            if matches!(delivery, Delivery::Failed(_)) {
                it.source = Source::Ended;
            }
            Some((delivery, it))
        },
    )))
}

impl Source {
    async fn open(live: &Live, viewer: &Viewer, topic: Topic) -> Result<Self, Error> {
        match topic {
            Topic::Transcript { session_id, after } => Ok(Self::Transcript {
                session_id,
                position: after,
                // Followed before what is stored is read, so that nothing can come between.
                follower: follow_transcript(live, session_id).await?,
                behind: true,
            }),
            Topic::Changes(filter) => {
                let workspace_id = viewer
                    .user()
                    .workspace_id
                    .ok_or_else(|| Error::Forbidden("You belong to no workspace.".to_owned()))?;
                Ok(Self::Changes {
                    workspace_id,
                    filter,
                    follower: live.changes.follow(workspace_id, ()),
                })
            }
        }
    }
}

async fn follow_transcript(live: &Live, session_id: i32) -> Result<Follower, Error> {
    let position = transcript::last_position(&live.database, session_id).await?;
    Ok(live.transcripts.follow(session_id, position))
}

impl Subscription {
    /// What is to be sent next; none at the end.
    async fn next(&mut self) -> Option<Delivery> {
        loop {
            let step = match &self.source {
                Source::Transcript { behind: true, .. } => self.catch_up().await,
                Source::Transcript { .. } => self.follow_transcript().await,
                Source::Changes { .. } => self.follow_changes().await,
                Source::Ended => return None,
            };
            match step {
                Ok(payloads) if payloads.is_empty() => {}
                Ok(payloads) => return Some(Delivery::Next(payloads)),
                Err(error) => return Some(Delivery::Failed(Box::new(refuse(error)))),
            }
        }
    }

    fn viewer(&self) -> Result<Viewer, Error> {
        self.login.viewer().ok_or(Error::Unauthenticated)
    }

    /// Delivers what is stored after the position, a page at a time.
    async fn catch_up(&mut self) -> Result<Vec<Payload>, Error> {
        let viewer = self.viewer()?;
        let Source::Transcript {
            session_id,
            position,
            behind,
            ..
        } = &mut self.source
        else {
            return Ok(Vec::new());
        };
        let database = &self.engine.live().database;
        let page = transcript::page_after(database, &viewer, *session_id, *position).await?;
        *behind = page.len() == transcript::PAGE;
        if let Some(Event::Segment { position: last, .. }) = page.last() {
            *position = *last;
        }
        Ok(self
            .engine
            .render(&self.selection, &viewer, &page)
            .await
            .to_vec())
    }

    /// Delivers what is told of a transcript and has not been delivered yet.
    async fn follow_transcript(&mut self) -> Result<Vec<Payload>, Error> {
        let Source::Transcript {
            session_id,
            position,
            follower,
            behind,
        } = &mut self.source
        else {
            return Ok(Vec::new());
        };
        let Ok(batch) = follower.next().await else {
            // The feed may have ended; where it has not, this follows the same one.
            *follower = follow_transcript(self.engine.live(), *session_id).await?;
            *behind = true;
            return Ok(Vec::new());
        };
        let viewer = self.login.viewer().ok_or(Error::Unauthenticated)?;
        if viewer.user().workspace_id.is_none() || batch.workspace_id != viewer.user().workspace_id
        {
            return Err(Error::Gone("Session"));
        }
        let is_new = |event: &Event| match event {
            Event::Segment { position: at, .. } => *at > *position,
            Event::Change(_) => false,
        };
        let new = batch.events.iter().filter(|event| is_new(event)).count();
        if let Some(Event::Segment { position: last, .. }) = batch.events.last()
            && new > 0
        {
            *position = *last;
        }
        if new == 0 {
            return Ok(Vec::new());
        }
        let key = self.selection.key(&viewer, None);
        let rendered = batch
            .rendered(
                &key,
                self.engine.render(&self.selection, &viewer, &batch.events),
            )
            .await;
        // They are in the order of their positions.
        Ok(rendered[rendered.len().saturating_sub(new)..].to_vec())
    }

    /// Delivers the changes that pass the filter.
    async fn follow_changes(&mut self) -> Result<Vec<Payload>, Error> {
        let Source::Changes {
            workspace_id,
            filter,
            follower,
        } = &mut self.source
        else {
            return Ok(Vec::new());
        };
        let batch = follower.next().await.map_err(|Missed| Error::Lagged)?;
        let viewer = self.login.viewer().ok_or(Error::Unauthenticated)?;
        if viewer.user().workspace_id != Some(*workspace_id) {
            return Err(Error::Gone("Workspace"));
        }
        let taken: Vec<Event> = taken(&batch, filter);
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.selection.key(&viewer, Some(filter));
        let rendered = batch
            .rendered(&key, self.engine.render(&self.selection, &viewer, &taken))
            .await;
        Ok(rendered.to_vec())
    }
}

fn taken(batch: &Batch, filter: &Filter) -> Vec<Event> {
    let events = batch.events.iter();
    events
        .filter(|event| filter.takes(event))
        .cloned()
        .collect()
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
