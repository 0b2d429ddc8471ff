//! Subscriptions: their logins, their topics, and rendering their events.

use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex},
};

use async_graphql::Response;
use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
    stream,
};
use metrics::counter;
use tokio::time::timeout;

use super::Engine;
use crate::{
    account::{caller::Caller, token::TokenError, viewer::Viewer},
    database::usage::Usage,
    error::{Error, response::reject},
    guard::document::{CostReport, Operation},
    live::{
        delivery::{self, Delivery, Events},
        event_query::EventQuery,
        login::{Login, LoginEnd},
        payer::Payer,
        rendering::{EventPayload, Renderer},
        subscriber::Subscriber,
    },
    metric,
    read::batch::{self, Batches},
    schema::event::{Event, Moment, Topic},
    shares::{Meter, Party},
};

impl Engine {
    /// Delivers events to subscribers, forever. Without this, subscribers receive nothing.
    pub async fn follow_changes(&self) -> Infallible {
        self.live.run().await
    }

    /// Begins a connection for the user of a bearer token.
    ///
    /// # Errors
    ///
    /// If the token is invalid, or the user cannot be looked up.
    pub async fn login(&self, token: &str) -> Result<Login, TokenError> {
        let login = self.live.login(token, &self.tokens);
        timeout(self.timeout, login)
            .await
            .unwrap_or(Err(TokenError::Timeout))
    }

    /// Waits until a login ends. Waits forever without a login.
    pub async fn login_ended(&self, login: Option<&mut Login>) -> LoginEnd {
        match login {
            Some(login) => login.ended(self.tokens.now()).await,
            None => pending().await,
        }
    }

    /// Begins a subscription, whose events `payer` pays for.
    ///
    /// # Errors
    ///
    /// The response that says why the subscription was rejected.
    pub async fn subscribe(
        &self,
        operation: Operation,
        login: Option<Login>,
        payer: Arc<dyn Payer>,
    ) -> Result<Events, Box<Response>> {
        if operation.report == CostReport::Alone {
            let usage = Usage::of(None, Party::Server, self.answer_memory.meter(Party::Server));
            let response = self.execute(operation, Caller::default(), &usage).await;
            let payload = EventPayload::new(response.into_json(), None);
            let only = Delivery::Next(vec![payload]);
            return Ok(Box::pin(stream::iter([only])));
        }
        let start = async {
            let rejected = |error| Box::new(reject(error));
            let login = login.ok_or_else(|| rejected(Error::Unauthenticated))?;
            let query = Arc::new(EventQuery::new(operation, self.documents.facts()));
            let topic = self.topic(&query, &login).await?;
            let subscriber = Subscriber {
                live: Arc::clone(&self.live),
                renderer: Arc::new(self.clone()),
                payer,
                login,
                query,
            };
            delivery::start(subscriber, topic).await.map_err(rejected)
        };
        timeout(self.timeout, start)
            .await
            .unwrap_or_else(|_| Err(Box::new(reject(Error::Timeout))))
    }

    /// The topic of a subscription: which events it receives.
    async fn topic(&self, query: &EventQuery, login: &Login) -> Result<Topic, Box<Response>> {
        let beginning = Arc::new(Moment::Beginning(Mutex::default()));
        let viewer = login.viewer();
        let party = viewer.as_ref().map_or(Party::Server, Viewer::party);
        let resolving = self.resolve(query, viewer, [Arc::clone(&beginning)]);
        let operation = query.operation_name();
        let responses = self.live.turns.read(operation, party, resolving);
        let responses = responses
            .await
            .map_err(|error| Box::new(reject(error.into())))?;
        if let Some(topic) = beginning.topic() {
            return Ok(topic);
        }
        let response = responses.into_iter().next().unwrap_or_default();
        Err(Box::new(self.finished(response)))
    }

    /// Renders events as JSON responses, after they were paid for and in a turn of those who receive
    /// them.
    async fn render_events(
        &self,
        query: &EventQuery,
        viewer: &Viewer,
        events: &[Event],
        meter: &Meter,
    ) -> Arc<[EventPayload]> {
        if events.is_empty() {
            return Arc::default();
        }
        counter!(metric::EVENT_RENDERINGS).increment(1);
        let moments = events.iter().cloned().map(|it| Arc::new(Moment::Event(it)));
        let resolved = self.resolve(query, Some(viewer.clone()), moments);
        let responses = timeout(self.timeout, resolved).await.unwrap_or_else(|_| {
            let timed_out = |_| reject(Error::Timeout);
            events.iter().map(timed_out).collect()
        });
        // The caller drops what has no room. Its errors are not internal ones.
        if meter.failure().is_some() {
            return Arc::default();
        }
        self.payloads(responses, meter)
    }

    fn payloads(&self, responses: Vec<Response>, meter: &Meter) -> Arc<[EventPayload]> {
        let payloads: Arc<[EventPayload]> = responses
            .into_iter()
            .map(|response| {
                let mut response = self.finished(response);
                // The rendering is shared by documents in which the field is in other places. The
                // path of an error says which one it is.
                response
                    .errors
                    .iter_mut()
                    .for_each(|it| it.locations.clear());
                payload(&response, meter.clone())
            })
            .collect();
        meter.settle(payloads.iter().map(|payload| payload.len()).sum());
        payloads
    }

    /// Resolves a subscription at several moments. Rows are loaded for all moments together.
    async fn resolve(
        &self,
        query: &EventQuery,
        viewer: Option<Viewer>,
        moments: impl IntoIterator<Item = Arc<Moment>>,
    ) -> Vec<Response> {
        let caller = Caller {
            viewer,
            ..Caller::default()
        };
        let context = self.context(caller, query.document().large.clone());
        let batches = Batches::default();
        let loaders = Arc::new(context.loaders(&batches, None));
        let all = moments.into_iter().map(|moment| {
            let request = query.request().data(moment);
            let request = request
                .data(Arc::clone(&loaders))
                .data(Arc::clone(&context));
            self.events.execute(request)
        });
        batch::drive(batches, join_all(all)).await
    }
}

impl Renderer for Engine {
    fn render<'a>(
        &'a self,
        query: &'a EventQuery,
        viewer: &'a Viewer,
        events: &'a [Event],
        meter: &'a Meter,
    ) -> BoxFuture<'a, Arc<[EventPayload]>> {
        self.render_events(query, viewer, events, meter).boxed()
    }
}

/// A response as JSON.
fn payload(response: &Response, meter: Meter) -> EventPayload {
    // All GraphQL values can be written as JSON.
    let text = serde_json::to_string(response);
    EventPayload::new(text.unwrap_or_else(|_| "null".to_owned()), Some(meter))
}
