//! Events that are delivered together, and how they are rendered: once for all who read the same.

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
    /// One response for each event.
    fn render<'a>(
        &'a self,
        query: &'a EventQuery,
        viewer: &'a Viewer,
        events: &'a [Event],
    ) -> BoxFuture<'a, Arc<[Payload]>>;
}

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
pub(super) struct EventBatch {
    pub(super) events: Vec<Event>,
    /// The workspace to which all of it belongs at the moment.
    pub(super) workspace_id: Option<i32>,
    renderings: Mutex<HashMap<RenderKey, Rendering>>,
}

impl EventBatch {
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
