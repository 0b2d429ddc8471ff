//! What is told at once, and how it reads for those to whom it reads the same.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use entity::segment;
use tokio::sync::OnceCell;

use super::{changes::Change, selection::RenderKey};

/// Something that subscribers are told.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A segment of a transcript is new, or has changed.
    Segment {
        /// Where it stands in the order of changes of its transcript.
        position: i32,
        row: Arc<segment::Model>,
    },
    /// A row was created, has changed, or is gone.
    Change(Change),
}

/// A row of any table.
pub(crate) type AnyRow = Arc<dyn Any + Send + Sync>;

/// The answer of a subscription to one event, in JSON.
pub type Payload = Arc<str>;

type Rendering = Arc<OnceCell<Arc<[Payload]>>>;

/// Events that were read together, in their order.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) events: Vec<Event>,
    /// The workspace to which all of it belongs at the moment.
    pub(super) workspace_id: Option<i32>,
    renderings: Mutex<HashMap<RenderKey, Rendering>>,
}

impl Batch {
    /// Events of a workspace.
    pub(super) fn new(workspace_id: Option<i32>, events: Vec<Event>) -> Self {
        Self {
            events,
            workspace_id,
            renderings: Mutex::default(),
        }
    }

    /// How events of the batch read under a key: rendered by the first who asks, while all others
    /// with the same key wait for it.
    pub(super) async fn rendered(
        &self,
        key: &RenderKey,
        render: impl Future<Output = Arc<[Payload]>>,
    ) -> Arc<[Payload]> {
        let rendering = {
            let renderings = self.renderings.lock();
            let mut renderings = renderings.unwrap_or_else(PoisonError::into_inner);
            Arc::clone(renderings.entry(key.clone()).or_default())
        };
        Arc::clone(rendering.get_or_init(|| render).await)
    }
}
