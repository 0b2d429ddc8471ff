//! What events are rendered to, and keeping that for a while.

use std::{
    collections::VecDeque,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_graphql::Response;
use futures_util::future::BoxFuture;
use tokio::task::JoinError;

use super::{batch::Rendering, event_query::EventQuery};
use crate::{
    account::viewer::Viewer,
    error::{
        Error,
        response::{internal_error, reject},
    },
    schema::event::Event,
    shares::Meter,
};

/// Renders events as the responses of a subscription.
pub(crate) trait Renderer: Send + Sync {
    /// Renders one response for each event. The bytes of the responses are counted by `meter`, which
    /// is also the one of the current turn.
    fn render<'a>(
        &'a self,
        query: &'a EventQuery,
        viewer: &'a Viewer,
        events: &'a [Event],
        meter: &'a Meter,
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

    /// The payload for an event that cannot be rendered.
    pub(super) fn of_error(error: Error) -> Self {
        Self::of_response(&reject(error))
    }

    fn of_response(response: &Response) -> Self {
        Self::new(serde_json::to_string(response).unwrap_or_default(), None)
    }
}

impl Deref for EventPayload {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// The payload for an event whose rendering has failed.
pub(super) fn failed(error: &JoinError) -> EventPayload {
    let errors = vec![internal_error(error.to_string())];
    EventPayload::of_response(&Response::from_errors(errors))
}

/// How many bytes are kept for subscribers who come a little later.
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// For how long they are kept at most.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// About how many bytes a rendering needs beside its payloads, and each of these beside its text.
const RENDERING_BYTES: usize = 1024;
const PAYLOAD_BYTES: usize = 128;

/// The newest renderings of a node, which are kept for subscribers who come a little later than the
/// others.
#[derive(Default)]
pub(super) struct RecentRenderings(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    renderings: VecDeque<KeptRendering>,
    bytes: usize,
}

struct KeptRendering {
    _rendering: Rendering,
    bytes: usize,
    since: Instant,
}

impl RecentRenderings {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a rendering and its payloads until newer ones need the space. Each rendering must be
    /// kept only once.
    pub(super) fn keep(&self, rendering: Rendering, payloads: &[EventPayload]) {
        let texts = payloads.iter().map(|payload| PAYLOAD_BYTES + payload.len());
        let bytes = RENDERING_BYTES + texts.sum::<usize>();
        let mut kept = self.lock();
        kept.bytes += bytes;
        kept.renderings.push_back(KeptRendering {
            _rendering: rendering,
            bytes,
            since: Instant::now(),
        });
        kept.forget_while(|kept| kept.bytes > KEPT_BYTES);
    }

    /// Forgets the renderings that were kept for long enough.
    pub(super) fn forget_old(&self) {
        let is_old = |oldest: &KeptRendering| oldest.since.elapsed() > KEPT_FOR;
        self.lock()
            .forget_while(|kept| kept.renderings.front().is_some_and(is_old));
    }
}

impl Kept {
    fn forget_while(&mut self, is_enough: impl Fn(&Self) -> bool) {
        while is_enough(self)
            && let Some(oldest) = self.renderings.pop_front()
        {
            self.bytes -= oldest.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// How many of so many renderings, each of so many payloads, are kept: the last ones.
    fn kept(renderings: usize, payloads: &[EventPayload]) -> usize {
        let payloads: Arc<[EventPayload]> = payloads.into();
        let recent = RecentRenderings::default();
        let mut weak = Vec::new();
        for _ in 0..renderings {
            let rendered = std::future::ready(Ok(Arc::clone(&payloads)));
            let rendering = rendered.boxed().shared();
            weak.push(rendering.downgrade().unwrap());
            recent.keep(rendering, &payloads);
        }
        recent.forget_old();
        let is_kept: Vec<bool> = weak.iter().map(|it| it.upgrade().is_some()).collect();
        assert!(is_kept.is_sorted());
        is_kept.into_iter().filter(|it| *it).count()
    }

    #[test]
    fn old_renderings_make_room_for_new_ones() {
        let payload = |bytes| EventPayload::new("x".repeat(bytes), None);
        assert_eq!(kept(6, &[payload(KEPT_BYTES / 4 - 2048)]), 4);
        // Small ones need more than their text.
        assert_eq!(kept(20_000, &[payload(1)]), KEPT_BYTES / 1153);
    }
}
