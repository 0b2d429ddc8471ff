//! Who follows what, on this node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};

use super::rendering::EventBatch;

/// How many batches a subscriber may be behind. Those further behind read for themselves.
const CAPACITY: usize = 64;

/// The feeds of one kind, each under the id of what it is about and as long as somebody follows.
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

    /// Follows from now on. `state` is that of the feed if this is its first follower.
    pub(super) fn follow(&self, id: i32, state: S) -> Follower {
        let mut feeds = self.lock();
        let feed = feeds.entry(id).or_insert_with(|| Feed {
            sender: Sender::new(CAPACITY),
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

    /// The state of a feed that somebody follows.
    pub(super) fn state(&self, id: i32) -> Option<S> {
        self.lock().get(&id).map(|feed| feed.state.clone())
    }

    /// What is followed.
    pub(super) fn ids(&self) -> Vec<i32> {
        self.lock().keys().copied().collect()
    }

    /// Tells all that follow, and goes on from another state.
    pub(super) fn tell(&self, id: i32, batch: EventBatch, state: S) {
        if let Some(feed) = self.lock().get_mut(&id) {
            feed.state = state;
            // Whoever was the last to follow may be just leaving.
            let _ = feed.sender.send(Arc::new(batch));
        }
    }

    /// Ends all feeds.
    pub(super) fn end(&self) {
        self.lock().clear();
    }
}

/// Somebody who follows a feed.
pub(super) struct Follower {
    receiver: Receiver<Arc<EventBatch>>,
    leave: Option<Box<dyn FnOnce() + Send>>,
}

/// Why nothing follows on what was told last.
pub(super) struct Missed;

impl Follower {
    /// Waits for what is told next.
    pub(super) async fn next(&mut self) -> Result<Arc<EventBatch>, Missed> {
        match self.receiver.recv().await {
            Ok(batch) => Ok(batch),
            Err(RecvError::Lagged(_) | RecvError::Closed) => Err(Missed),
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Only without this receiver it can be seen whether there is another one.
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
    async fn a_feed_lives_as_long_as_somebody_follows() {
        let feeds = Feeds::default();
        let mut first = feeds.follow(1, 7);
        let second = feeds.follow(1, 8);
        assert_eq!(feeds.state(1), Some(7));
        feeds.tell(1, EventBatch::default(), 9);
        assert!(first.next().await.is_ok());
        drop(first);
        assert_eq!(feeds.state(1), Some(9));
        drop(second);
        assert_eq!(feeds.state(1), None);
    }

    #[tokio::test]
    async fn who_is_far_behind_has_missed_something() {
        let feeds = Feeds::default();
        let mut slow = feeds.follow(1, ());
        for _ in 0..=CAPACITY {
            feeds.tell(1, EventBatch::default(), ());
        }
        assert!(slow.next().await.is_err());
        // What is still there comes after that.
        assert!(slow.next().await.is_ok());
    }
}
