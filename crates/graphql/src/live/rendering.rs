//! Batches of events, and rendering them once for all subscribers with the same query.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::Response;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::task::JoinError;

use super::event_query::{EventQuery, RenderKey};
use crate::{account::viewer::Viewer, error::response::internal_error, schema::event::Event};

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

/// The response of a subscription to one event, as JSON.
pub type EventPayload = Arc<str>;

type Rendering = Shared<BoxFuture<'static, Arc<[EventPayload]>>>;

/// The payload for an event that could not be rendered.
fn failed(error: &JoinError) -> EventPayload {
    let response = Response::from_errors(vec![internal_error(error.to_string())]);
    serde_json::to_string(&response).unwrap_or_default().into()
}

/// Events that were read together, in order.
#[derive(Default)]
pub(super) struct EventBatch {
    pub(super) events: Vec<Event>,
    /// The workspace that all events belong to right now.
    pub(super) workspace_id: Option<i32>,
    renderings: Mutex<HashMap<RenderKey, Rendering>>,
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

    /// The payloads of the batch for a key. The first caller starts rendering, and all callers with
    /// the same key wait for the result. Rendering runs in its own task, because the first caller
    /// may be blocked by a client that does not read.
    pub(super) async fn rendered<F>(
        &self,
        key: RenderKey,
        render: impl FnOnce() -> F,
    ) -> Arc<[EventPayload]>
    where
        F: Future<Output = Arc<[EventPayload]>> + Send + 'static,
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
