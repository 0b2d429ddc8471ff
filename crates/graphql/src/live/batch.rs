//! What is told at once, and how it reads for those to whom it reads the same.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::Response;
use entity::segment;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use tokio::task::JoinError;

use super::{changes::Change, selection::RenderKey};
use crate::error::internal_error;

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

type Rendering = Shared<BoxFuture<'static, Arc<[Payload]>>>;

/// What is told where an event could not be rendered.
fn failed(error: &JoinError) -> Payload {
    let answer = Response::from_errors(vec![internal_error(error.to_string())]);
    serde_json::to_string(&answer).unwrap_or_default().into()
}

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

    /// How events of the batch read under a key: rendered for the first who asks, while all others
    /// with the same key wait for it. It is done by a task of its own, as who asks first may be
    /// busy with a client that does not read.
    pub(super) async fn rendered<F>(
        &self,
        key: RenderKey,
        render: impl FnOnce() -> F,
    ) -> Arc<[Payload]>
    where
        F: Future<Output = Arc<[Payload]>> + Send + 'static,
    {
        let rendering = {
            let renderings = self.renderings.lock();
            let mut renderings = renderings.unwrap_or_else(PoisonError::into_inner);
            let rendering = renderings.entry(key).or_insert_with(|| {
                let (task, count) = (tokio::spawn(render()), self.events.len());
                let rendered = task.map(move |rendered| {
                    rendered.unwrap_or_else(|error| vec![failed(&error); count].into())
                });
                rendered.boxed().shared()
            });
            rendering.clone()
        };
        rendering.await
    }
}
