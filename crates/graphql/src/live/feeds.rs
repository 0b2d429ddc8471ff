//! The subscribers on this node, by what they follow.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};

use super::batch::{EventBatch, Events};
use crate::schema::event::Event;

/// How many batches a follower may lag behind. Beyond that, it misses batches.
const MAX_LAG_BATCHES: usize = 64;

/// How many bytes the events of a feed may have that some follower has not read yet. Beyond that,
/// the oldest are dropped, and whoever has not read them misses them.
pub(super) const MAX_LAG_BYTES: usize = 4 * 1024 * 1024;

/// The same for all feeds of transcripts together, and for all of changes.
const MAX_LAG_BYTES_OF_ALL: usize = 64 * 1024 * 1024;

/// The feeds of transcripts or of changes, by the id of the session or workspace. A feed exists as
/// long as it has followers.
pub(super) struct Feeds<S> {
    feeds: Arc<Mutex<HashMap<i32, Feed<S>>>>,
    /// The bytes of all events that somebody still has.
    held: Arc<AtomicUsize>,
}

struct Feed<S> {
    sender: Sender<Arc<EventBatch>>,
    /// The batches that somebody still has, the oldest first.
    sent: VecDeque<Weak<EventBatch>>,
    state: S,
}

impl<S> Default for Feeds<S> {
    fn default() -> Self {
        Self {
            feeds: Arc::default(),
            held: Arc::default(),
        }
    }
}

impl<S: Clone + Send + 'static> Feeds<S> {
    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Feed<S>>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a feed from now on. The first follower determines its state.
    pub(super) fn follow(&self, id: i32, state: S) -> Follower {
        let mut feeds = self.lock();
        let feed = feeds.entry(id).or_insert_with(|| Feed {
            sender: Sender::new(MAX_LAG_BATCHES),
            sent: VecDeque::new(),
            state,
        });
        let receiver = feed.sender.subscribe();
        let feeds = Arc::clone(&self.feeds);
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

    /// Sends events, which belong to a workspace, to all followers of a feed, and updates its state.
    pub(super) fn send(&self, id: i32, workspace_id: Option<i32>, events: Vec<Event>, state: S) {
        let mut feeds = self.lock();
        let Some(feed) = feeds.get_mut(&id) else {
            return;
        };
        feed.state = state;
        let batch = EventBatch::new(workspace_id, Events::new(events, &self.held));
        feed.evict(MAX_LAG_BYTES.saturating_sub(batch.bytes()));
        let batch = Arc::new(batch);
        feed.sent.push_back(Arc::downgrade(&batch));
        // This fails if the last follower is just leaving.
        let _ = feed.sender.send(batch);
        if self.held.load(Ordering::Relaxed) > MAX_LAG_BYTES_OF_ALL
            && let Some(largest) = feeds.values_mut().max_by_key(|feed| feed.bytes())
        {
            largest.evict(0);
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

impl<S> Feed<S> {
    /// The bytes of the events that somebody still has.
    fn bytes(&self) -> usize {
        let batches = self.sent.iter().filter_map(Weak::upgrade);
        batches.map(|batch| batch.bytes()).sum()
    }

    /// Drops the oldest events until the others have no more than so many bytes.
    fn evict(&mut self, limit: usize) {
        self.sent.retain(|batch| batch.strong_count() > 0);
        let mut bytes = self.bytes();
        while bytes > limit
            && let Some(oldest) = self.sent.pop_front()
        {
            if let Some(oldest) = oldest.upgrade() {
                bytes -= oldest.bytes();
                oldest.evict();
            }
        }
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
            Ok(batch) if batch.events().is_ok() => Ok(batch),
            Ok(_) | Err(RecvError::Lagged(_) | RecvError::Closed) => Err(Lagged),
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
    use crate::schema::event::{ChangeKind, RowChange};

    /// An event of so many bytes, or a little more.
    fn event(bytes: usize) -> Event {
        Event::Change(RowChange {
            subject: "Task",
            kind: ChangeKind::Updated,
            row_id: 1,
            parent_id: None,
            row: None,
            bytes,
        })
    }

    #[tokio::test]
    async fn a_feed_exists_as_long_as_it_has_followers() {
        let feeds = Feeds::default();
        let mut first = feeds.follow(1, 7);
        let second = feeds.follow(1, 8);
        assert_eq!(feeds.state(1), Some(7));
        feeds.send(1, None, Vec::new(), 9);
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
            feeds.send(1, None, Vec::new(), ());
        }
        assert!(slow.next().await.is_err());
        // The batches that are still buffered come after that.
        assert!(slow.next().await.is_ok());
    }

    #[tokio::test]
    async fn a_slow_follower_of_long_events_misses_them_earlier() {
        let feeds = Feeds::default();
        let mut slow = feeds.follow(1, ());
        let mut fast = feeds.follow(1, ());
        for _ in 0..10 {
            feeds.send(1, None, vec![event(MAX_LAG_BYTES / 4)], ());
            assert!(fast.next().await.is_ok());
            assert!(feeds.held.load(Ordering::Relaxed) <= MAX_LAG_BYTES);
        }
        assert!(slow.next().await.is_err());
        // Longer than all others together may be.
        feeds.send(1, None, vec![event(2 * MAX_LAG_BYTES)], ());
        let batch = fast.next().await.ok().unwrap();
        assert!(batch.events().is_ok());
        feeds.send(1, None, vec![event(1)], ());
        assert!(batch.events().is_err());
        drop((slow, fast, batch));
        assert_eq!(feeds.held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn all_feeds_together_hold_no_more() {
        let feeds = Feeds::default();
        let mut slow: Vec<_> = (0..100).map(|id| feeds.follow(id, ())).collect();
        for id in 0..100 {
            feeds.send(id, None, vec![event(MAX_LAG_BYTES / 2)], ());
            assert!(feeds.held.load(Ordering::Relaxed) <= MAX_LAG_BYTES_OF_ALL);
        }
        let mut received = 0;
        for follower in &mut slow {
            received += usize::from(follower.next().await.is_ok());
        }
        assert!(received > 20, "{received}");
    }
}
