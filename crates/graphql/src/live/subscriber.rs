//! A subscriber: who receives events, with which selections, and how they are paid for.

use std::{ops::Range, sync::Arc};

use super::{
    event_query::EventQuery,
    login::Login,
    node::Live,
    payer::{Payer, Unaffordable},
    price,
    rendering::{EventBatch, EventPayload, Renderer},
};
use crate::{
    account::viewer::Viewer,
    error::{Error, count::counted},
    schema::event::{ChangeFilter, Event},
};

/// A subscriber: who receives events, and with which selections.
pub(crate) struct Subscriber {
    pub(crate) live: Arc<Live>,
    pub(crate) renderer: Arc<dyn Renderer>,
    pub(crate) payer: Arc<dyn Payer>,
    pub(crate) login: Login,
    pub(crate) query: Arc<EventQuery>,
}

/// A part of a batch that is rendered at once.
pub(super) struct Part<'a> {
    pub(super) batch: &'a EventBatch,
    /// Where the part is among the events of the batch that pass the filter.
    pub(super) range: Range<usize>,
    pub(super) events: &'a [Event],
    pub(super) filter: Option<&'a ChangeFilter>,
}

impl Subscriber {
    /// The viewer as stored right now, if their login is still valid.
    pub(super) fn viewer(&self) -> Result<Viewer, Error> {
        self.login.viewer().ok_or(Error::Unauthenticated)
    }

    /// The same, if the viewer belongs to this workspace. Otherwise, `what` is gone for them.
    pub(super) fn viewer_in(
        &self,
        workspace_id: Option<i32>,
        what: &'static str,
    ) -> Result<Viewer, Error> {
        let viewer = self.viewer()?;
        let is_in = workspace_id.is_some() && viewer.user().workspace_id == workspace_id;
        is_in.then_some(viewer).ok_or(Error::Gone(what))
    }

    /// Renders events for this subscriber only.
    pub(super) async fn render(
        &self,
        viewer: &Viewer,
        events: &[Event],
        what: &'static str,
    ) -> Result<Vec<EventPayload>, Error> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        self.pay(self.query.price.rendering(events.len())).await?;
        let workspace_id = viewer.user().workspace_id;
        let viewer = self.viewer_in(workspace_id, what)?;
        let payloads = self.renderer.render(&self.query, &viewer, events).await;
        self.pay_delivery(&payloads, workspace_id, what).await?;
        Ok(payloads.to_vec())
    }

    /// Renders a part of a batch once for all subscribers with the same selections and filter. The
    /// one who asks first pays for that. If the viewer is no longer in the workspace of the batch,
    /// `what` is gone for them.
    pub(super) async fn render_shared(
        &self,
        part: Part<'_>,
        what: &'static str,
    ) -> Result<Arc<[EventPayload]>, Error> {
        let batch = part.batch;
        let mut viewer = self.viewer_in(batch.workspace_id, what)?;
        let key = |viewer: &Viewer| self.query.key(viewer, part.filter, part.range.clone());
        let payloads = if let Some(rendering) = batch.find(&key(&viewer)) {
            rendering.await
        } else {
            self.pay(self.query.price.rendering(part.events.len()))
                .await?;
            // Much can have changed while the subscriber had no points.
            viewer = self.viewer_in(batch.workspace_id, what)?;
            let rendering = batch.find_or_start(key(&viewer), || {
                let (renderer, query) = (Arc::clone(&self.renderer), Arc::clone(&self.query));
                let (viewer, events) = (viewer.clone(), part.events.to_vec());
                async move { renderer.render(&query, &viewer, &events).await }
            });
            let payloads = rendering.clone().await;
            self.live.recent.keep(rendering, &payloads);
            payloads
        };
        self.pay_delivery(&payloads, batch.workspace_id, what)
            .await?;
        Ok(payloads)
    }

    /// Pays for the delivery of events that were rendered for members of a workspace.
    async fn pay_delivery(
        &self,
        payloads: &[EventPayload],
        workspace_id: Option<i32>,
        what: &'static str,
    ) -> Result<(), Error> {
        self.pay(price::delivery(payloads)).await?;
        self.viewer_in(workspace_id, what).map(drop)
    }

    /// Takes points from the subscriber, as soon as they have as many.
    async fn pay(&self, points: u32) -> Result<(), Error> {
        let paid = self.payer.pay(points).await;
        paid.map_err(|Unaffordable { per_minute }| {
            Error::RateLimited(format!(
                "The next event costs more than the rate limit of {} per minute. Select less.",
                counted(per_minute, "point")
            ))
        })
    }
}
