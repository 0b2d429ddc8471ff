//! Batches of events, and rendering them once for all subscribers with the same query.

use std::{
    collections::{HashMap, VecDeque},
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::Response;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use super::event_query::{EventQuery, RenderKey};
use crate::{
    account::viewer::Viewer,
    error::response::internal_error,
    schema::event::Event,
    shares::{Meter, background},
};

/// Renders events as the responses of a subscription.
pub(crate) trait Renderer: Send + Sync {
    /// Renders one response for each event.
    fn render<'a>(
        &'a self,
        query: &'a EventQuery,
        viewer: &'a Viewer,
        events: &'a [Event],
    ) -> BoxFuture<'a, Arc<[EventPayload]>>;
}

/// The response of a subscription to one event, as JSON. Clones share it, and its memory counts as
/// used until the last one is dropped.
#[derive(Clone, Debug)]
pub struct EventPayload {
    text: Arc<String>,
    _meter: Option<Meter>,
}

impl EventPayload {
    /// A payload whose memory `meter` counts.
    #[must_use]
    pub fn new(text: String, meter: Option<Meter>) -> Self {
        Self {
            text: Arc::new(text),
            _meter: meter,
        }
    }
}

impl Deref for EventPayload {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// Payloads that are being rendered, or were. They are dropped with the last clone.
pub(super) type Rendering = Shared<Rendered>;
type Rendered = BoxFuture<'static, Arc<[EventPayload]>>;

/// The payload for an event that could not be rendered.
fn failed(error: &JoinError) -> EventPayload {
    let response = Response::from_errors(vec![internal_error(error.to_string())]);
    EventPayload::new(serde_json::to_string(&response).unwrap_or_default(), None)
}

/// Events that were read together, in order.
#[derive(Default)]
pub(super) struct EventBatch {
    pub(super) events: Vec<Event>,
    /// The workspace that all events belong to right now.
    pub(super) workspace_id: Option<i32>,
    /// Subscribers who lag behind hold many batches, so a batch does not hold what was rendered.
    renderings: Mutex<HashMap<RenderKey, WeakShared<Rendered>>>,
}

impl EventBatch {
    /// A batch of events in a workspace.
    pub(super) fn new(workspace_id: Option<i32>, events: Vec<Event>) -> Self {
        Self {
            events,
            workspace_id,
            renderings: Mutex::default(),
        }
    }

    /// The rendering of a part of the batch, if somebody has started it and somebody still has it.
    pub(super) fn find(&self, key: &RenderKey) -> Option<Rendering> {
        let renderings = self.renderings.lock();
        let renderings = renderings.unwrap_or_else(PoisonError::into_inner);
        renderings.get(key)?.upgrade()
    }

    /// The same, or else starts rendering. That runs in its own task, because the first subscriber
    /// may be blocked by a client that does not read. The task ends when nobody waits for it.
    pub(super) fn find_or_start<F>(&self, key: RenderKey, render: impl FnOnce() -> F) -> Rendering
    where
        F: Future<Output = Arc<[EventPayload]>> + Send + 'static,
    {
        let renderings = self.renderings.lock();
        let mut renderings = renderings.unwrap_or_else(PoisonError::into_inner);
        if let Some(rendering) = renderings.get(&key).and_then(WeakShared::upgrade) {
            return rendering;
        }
        let task = AbortOnDropHandle::new(tokio::spawn(background::run(render())));
        let count = key.range.len();
        let rendered = task.map(move |rendered| {
            rendered.unwrap_or_else(|error| vec![failed(&error); count].into())
        });
        let rendering = rendered.boxed().shared();
        if let Some(weak) = rendering.downgrade() {
            renderings.insert(key, weak);
        }
        rendering
    }
}

/// How many bytes of payloads are kept for subscribers who come a little later.
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// The newest renderings of a node, which are kept for subscribers who come a little later than the
/// others.
#[derive(Default)]
pub(super) struct RecentRenderings(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    renderings: VecDeque<(Rendering, usize)>,
    bytes: usize,
}

impl RecentRenderings {
    /// Keeps a rendering and its payloads until newer ones need the space.
    pub(super) fn keep(&self, rendering: Rendering, payloads: &[EventPayload]) {
        let bytes = payloads.iter().map(|payload| payload.len()).sum();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.renderings.push_back((rendering, bytes));
        kept.bytes += bytes;
        while kept.bytes > KEPT_BYTES
            && let Some((_, bytes)) = kept.renderings.pop_front()
        {
            kept.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_renderings_make_room_for_new_ones() {
        let recent = RecentRenderings::default();
        let payloads: Arc<[EventPayload]> =
            vec![EventPayload::new("x".repeat(KEPT_BYTES / 4), None)].into();
        let mut weak = Vec::new();
        for _ in 0..6 {
            let rendered = std::future::ready(Arc::clone(&payloads));
            let rendering = rendered.boxed().shared();
            weak.push(rendering.downgrade().unwrap());
            recent.keep(rendering, &payloads);
        }
        let is_kept: Vec<bool> = weak.iter().map(|it| it.upgrade().is_some()).collect();
        assert_eq!(is_kept, [false, false, true, true, true, true]);
    }
}
