//! Batches of events, and rendering them once for all subscribers with the same query.

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    event_query::RenderKey,
    rendering::{EventPayload, failed},
};
use crate::{schema::event::Event, shares::background};

/// Payloads that are being rendered, or were. They are dropped with the last clone.
pub(super) type Rendering = Shared<Rendered>;
type Rendered = BoxFuture<'static, Result<Arc<[EventPayload]>, Evicted>>;

/// The events of a batch were dropped, because somebody held too many for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evicted;

/// Events that were read together, in order. Whoever lags behind holds batches, and must not hold
/// their events or what was rendered of them elsewhere.
pub(super) struct EventBatch {
    /// None after they were dropped.
    events: Mutex<Option<Arc<Events>>>,
    /// The workspace that all events belong to right now.
    pub(super) workspace_id: Option<i32>,
    renderings: Mutex<HashMap<RenderKey, WeakShared<Rendered>>>,
}

/// The events of a batch, whose bytes are counted as long as they are in memory.
pub(super) struct Events {
    list: Vec<Event>,
    bytes: usize,
    held: Arc<AtomicUsize>,
}

impl Events {
    /// Adds the bytes of these events to those that are held.
    pub(super) fn new(events: Vec<Event>, held: &Arc<AtomicUsize>) -> Self {
        let bytes = events.iter().map(Event::bytes).sum();
        held.fetch_add(bytes, Ordering::Relaxed);
        Self {
            list: events,
            bytes,
            held: Arc::clone(held),
        }
    }
}

impl Deref for Events {
    type Target = [Event];

    fn deref(&self) -> &[Event] {
        &self.list
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl EventBatch {
    /// A batch of events in a workspace.
    pub(super) fn new(workspace_id: Option<i32>, events: Events) -> Self {
        Self {
            events: Mutex::new(Some(Arc::new(events))),
            workspace_id,
            renderings: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Events>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events. They must not be held while something else than work is awaited.
    pub(super) fn events(&self) -> Result<Arc<Events>, Evicted> {
        self.lock().clone().ok_or(Evicted)
    }

    /// How many bytes its events have, as long as the batch has them.
    pub(super) fn bytes(&self) -> usize {
        self.lock().as_ref().map_or(0, |events| events.bytes)
    }

    /// Drops the events. Whoever wants them has missed them.
    pub(super) fn evict(&self) {
        *self.lock() = None;
    }

    /// The rendering of a part of the batch, if somebody has started it and somebody still has it.
    pub(super) fn find(&self, key: &RenderKey) -> Option<Rendering> {
        let renderings = self.renderings.lock();
        let renderings = renderings.unwrap_or_else(PoisonError::into_inner);
        renderings.get(key)?.upgrade()
    }

    /// The same, or else starts rendering; says also whether it did. That runs in its own task,
    /// because the first subscriber may be blocked by a client that does not read. The task ends
    /// when nobody waits for it.
    pub(super) fn find_or_start<F>(
        &self,
        key: RenderKey,
        render: impl FnOnce() -> F,
    ) -> (Rendering, bool)
    where
        F: Future<Output = Result<Arc<[EventPayload]>, Evicted>> + Send + 'static,
    {
        let renderings = self.renderings.lock();
        let mut renderings = renderings.unwrap_or_else(PoisonError::into_inner);
        if let Some(rendering) = renderings.get(&key).and_then(WeakShared::upgrade) {
            return (rendering, false);
        }
        // As often as their number doubles, those that nobody has any more are forgotten.
        if renderings.len() == renderings.capacity() {
            renderings.retain(|_, rendering| rendering.upgrade().is_some());
        }
        let task = AbortOnDropHandle::new(tokio::spawn(background::run(render())));
        let count = key.range.len();
        let rendered = task.map(move |rendered| {
            rendered.unwrap_or_else(|error| Ok(vec![failed(&error); count].into()))
        });
        let rendering = rendered.boxed().shared();
        if let Some(weak) = rendering.downgrade() {
            renderings.insert(key, weak);
        }
        (rendering, true)
    }
}
