//! A subscriber: who receives events, and with which selections.

use std::sync::Arc;

use super::{
    event_query::EventQuery,
    login::Login,
    node::Live,
    rendering::{EventBatch, EventPayload, Renderer},
};
use crate::{
    account::viewer::Viewer,
    error::Error,
    schema::event::{ChangeFilter, Event},
};

/// A subscriber: who receives events, and with which selections.
pub(crate) struct Subscriber {
    pub(crate) live: Arc<Live>,
    pub(crate) renderer: Arc<dyn Renderer>,
    pub(crate) login: Login,
    pub(crate) query: Arc<EventQuery>,
}

impl Subscriber {
    /// The viewer as stored right now, if their login is still valid.
    pub(super) fn viewer(&self) -> Result<Viewer, Error> {
        self.login.viewer().ok_or(Error::Unauthenticated)
    }

    /// Renders events for this subscriber only.
    pub(super) async fn render(&self, viewer: &Viewer, events: &[Event]) -> Vec<EventPayload> {
        let payloads = self.renderer.render(&self.query, viewer, events).await;
        payloads.to_vec()
    }

    /// Renders events of a batch once for all subscribers with the same selections and filter.
    /// `events` are those that pass the filter.
    pub(super) async fn render_shared(
        &self,
        viewer: &Viewer,
        batch: &EventBatch,
        events: &[Event],
        filter: Option<&ChangeFilter>,
    ) -> Arc<[EventPayload]> {
        let key = self.query.key(viewer, filter);
        let rendered = batch.rendered(key, || {
            let (renderer, query) = (Arc::clone(&self.renderer), Arc::clone(&self.query));
            let (viewer, events) = (viewer.clone(), events.to_vec());
            async move { renderer.render(&query, &viewer, &events).await }
        });
        rendered.await
    }
}
