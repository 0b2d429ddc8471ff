//! A subscriber: who receives events, with which selections, and how they are paid for.

use std::{ops::Range, sync::Arc};

use futures_util::FutureExt;
use tokio_util::task::AbortOnDropHandle;

use super::{
    batch::{EventBatch, Evicted},
    event_query::EventQuery,
    login::Login,
    node::Live,
    payer::{Payer, Unaffordable},
    price,
    rendering::{EventPayload, Renderer},
};
use crate::{
    account::viewer::Viewer,
    error::{Error, count::counted},
    schema::event::{ChangeFilter, Event},
    shares::{Meter, background},
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
    pub(super) batch: &'a Arc<EventBatch>,
    /// Where the part is among the events of the batch that pass the filter.
    pub(super) range: Range<usize>,
    /// Where its events are in the batch.
    pub(super) events: &'a [usize],
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

    /// Reads something small for the viewer.
    pub(super) async fn read<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let operation = self.query.operation_name();
        let party = self.viewer()?.party();
        self.live.turns.read(operation, party, work).await?
    }

    /// Does work for the viewer when it is their turn. It runs in a task of its own: this subscriber
    /// may be blocked by a client that does not read, and would keep its turn.
    pub(super) async fn in_turn<T, W, F>(&self, viewer: &Viewer, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: Fn(Meter) -> F + Send + Sync + 'static,
        F: Future<Output = Result<T, Error>> + Send,
    {
        let (live, query, party) = (
            Arc::clone(&self.live),
            Arc::clone(&self.query),
            viewer.party(),
        );
        let task = async move { live.turns.take(query.operation_name(), party, work).await };
        let task = AbortOnDropHandle::new(tokio::spawn(background::run(task)));
        task.await
            .map_err(|error| Error::Internal(error.to_string()))??
    }

    /// Renders a part of a batch once for all subscribers with the same selections and filter, and
    /// pays for the delivery. If the viewer is no longer in the workspace of the batch, `what` is gone
    /// for them.
    pub(super) async fn render_shared(
        &self,
        part: Part<'_>,
        what: &'static str,
    ) -> Result<Arc<[EventPayload]>, Error> {
        let payloads = self.find_or_render(&part, what).await?;
        let mut paying = Box::pin(self.pay(price::delivery(&payloads)));
        let payloads = if let Some(paid) = (&mut paying).now_or_never() {
            paid?;
            payloads
        } else {
            // These are memory of the workspace, which its other subscribers need.
            drop(payloads);
            paying.await?;
            self.find_or_render(&part, what).await?
        };
        self.viewer_in(part.batch.workspace_id, what)?;
        Ok(payloads)
    }

    /// What was rendered of a part of a batch. The one who asks first pays for that.
    async fn find_or_render(
        &self,
        part: &Part<'_>,
        what: &'static str,
    ) -> Result<Arc<[EventPayload]>, Error> {
        let batch = part.batch;
        let mut viewer = self.viewer_in(batch.workspace_id, what)?;
        let key = |viewer: &Viewer| self.query.key(viewer, part.filter, part.range.clone());
        let rendered = if let Some(rendering) = batch.find(&key(&viewer)) {
            rendering.await
        } else {
            self.pay_rendering(part.events.len()).await?;
            // Much can have changed while the subscriber had no points.
            viewer = self.viewer_in(batch.workspace_id, what)?;
            let (rendering, is_new) = batch.find_or_start(key(&viewer), || {
                let (live, renderer) = (Arc::clone(&self.live), Arc::clone(&self.renderer));
                let (query, batch) = (Arc::clone(&self.query), Arc::clone(batch));
                let events = part.events.to_vec();
                async move { render(&live, &*renderer, &query, &viewer, &batch, &events).await }
            });
            let rendered = rendering.clone().await;
            if let (true, Ok(payloads)) = (is_new, &rendered) {
                self.live.recent.keep(rendering, payloads);
            }
            rendered
        };
        rendered.map_err(|Evicted| Error::Lagged)
    }

    /// Pays for rendering so many events.
    pub(super) async fn pay_rendering(&self, events: usize) -> Result<(), Error> {
        self.pay(self.query.price.rendering(events)).await
    }

    /// Pays for the delivery of events that were rendered for members of a workspace.
    pub(super) async fn pay_delivery(
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

/// Renders events of a batch when it is the turn of those who receive them.
async fn render(
    live: &Live,
    renderer: &dyn Renderer,
    query: &EventQuery,
    viewer: &Viewer,
    batch: &EventBatch,
    events: &[usize],
) -> Result<Arc<[EventPayload]>, Evicted> {
    let work = |meter| async move {
        let all = batch.events()?;
        let events: Vec<Event> = events.iter().map(|index| all[*index].clone()).collect();
        Ok(renderer.render(query, viewer, &events, &meter).await)
    };
    let party = query.party(viewer);
    let done = live.turns.take(query.operation_name(), party, work).await;
    done.unwrap_or_else(|exhausted| {
        let payload = EventPayload::of_error(exhausted.into());
        Ok(vec![payload; events.len()].into())
    })
}
