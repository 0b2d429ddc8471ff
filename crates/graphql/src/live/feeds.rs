//! The subscribers on this node, by what they follow.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};

use super::rendering::EventBatch;

/// How many batches a follower may lag behind. Beyond that, it misses batches.
const MAX_LAG_BATCHES: usize = 64;

/// The feeds of transcripts or of changes, by the id of the session or workspace. A feed exists as
/// long as it has followers.
pub(super) struct Feeds<S>(Arc<Mutex<HashMap<i32, Feed<S>>>>);

struct Feed<S> {
    sender: Sender<Arc<EventBatch>>,
    state: S,
}

impl<S> Default for Feeds<S> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<S: Clone + Send + 'static> Feeds<S> {
    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Feed<S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a feed from now on. The first follower determines its state.
    pub(super) fn follow(&self, id: i32, state: S) -> Follower {
        let mut feeds = self.lock();
        let feed = feeds.entry(id).or_insert_with(|| Feed {
            sender: Sender::new(MAX_LAG_BATCHES),
            state,
        });
        let receiver = feed.sender.subscribe();
        let feeds = Arc::clone(&self.0);
        Follower {
            receiver,
            leave: Some(Box::new(move || {
                let mut feeds = feeds.lock().unwrap_or_else(PoisonError::into_inner);
                if feeds
                    .get(&id)
                    .is_some_and(|it| it.sender.receiver_count() == 0)
                {
                    feeds.remove(&id);
                }
            })),
        }
    }

    /// The state of a feed, if it has followers.
    pub(super) fn state(&self, id: i32) -> Option<S> {
        self.lock().get(&id).map(|feed| feed.state.clone())
    }

    /// The ids of all feeds with followers.
    pub(super) fn ids(&self) -> Vec<i32> {
        self.lock().keys().copied().collect()
    }

    /// Sends a batch to all followers of a feed, and updates its state.
    pub(super) fn send(&self, id: i32, batch: EventBatch, state: S) {
        if let Some(feed) = self.lock().get_mut(&id) {
            feed.state = state;
            // This fails if the last follower is just leaving.
            let _ = feed.sender.send(Arc::new(batch));
        }
    }

    /// Closes a feed. Its followers get [`Lagged`] after what was sent before.
    pub(super) fn close(&self, id: i32) {
        self.lock().remove(&id);
    }

    /// Closes all feeds.
    pub(super) fn close_all(&self) {
        self.lock().clear();
    }
}

/// A follower of a feed.
pub(super) struct Follower {
    receiver: Receiver<Arc<EventBatch>>,
    leave: Option<Box<dyn FnOnce() + Send>>,
}

/// The error of a follower that has missed batches.
pub(super) struct Lagged;

impl Follower {
    /// Waits for the next batch.
    pub(super) async fn next(&mut self) -> Result<Arc<EventBatch>, Lagged> {
        match self.receiver.recv().await {
            Ok(batch) => Ok(batch),
            Err(RecvError::Lagged(_) | RecvError::Closed) => Err(Lagged),
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Drops this receiver first, so that the count shows whether there are others.
        self.receiver = Sender::new(1).subscribe();
        if let Some(leave) = self.leave.take() {
            leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_feed_exists_as_long_as_it_has_followers() {
        let feeds = Feeds::default();
        let mut first = feeds.follow(1, 7);
        let second = feeds.follow(1, 8);
        assert_eq!(feeds.state(1), Some(7));
        feeds.send(1, EventBatch::default(), 9);
        assert!(first.next().await.is_ok());
        drop(first);
        assert_eq!(feeds.state(1), Some(9));
        drop(second);
        assert_eq!(feeds.state(1), None);
    }

    #[tokio::test]
    async fn a_slow_follower_misses_batches() {
        let feeds = Feeds::default();
        let mut slow = feeds.follow(1, ());
        for _ in 0..=MAX_LAG_BATCHES {
            feeds.send(1, EventBatch::default(), ());
        }
        assert!(slow.next().await.is_err());
        // The batches that are still buffered come after that.
        assert!(slow.next().await.is_ok());
    }
}
