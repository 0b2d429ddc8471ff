//! The life of a subscription: who has it, what it is about, and how events read.

use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex},
};

use async_graphql::Response;
use futures_util::{future::join_all, stream};
use tokio::time::timeout;

use super::Engine;
use crate::{
    account::token::TokenError,
    account::viewer::Viewer,
    error::{self, Error, refuse},
    guard::document::{CostReport, Operation},
    live::{self, Delivery, Event, Events, Live, Login, LoginEnd, Payload, Selection, Topic},
    read::batch::{self, Batches},
    read::loader::Reader,
    schema::subscription::Moment,
};

impl Engine {
    /// What happens on this node.
    pub(crate) fn live(&self) -> &Live {
        &self.live
    }

    /// Tells those who have subscribed what happens, for ever. Until this runs they hear of nothing.
    pub async fn follow_changes(&self) -> Infallible {
        self.live.run().await
    }

    /// Begins a connection on behalf of the viewer that a bearer token names.
    ///
    /// # Errors
    ///
    /// If the token is not good, or the user cannot be looked up.
    pub async fn login(&self, token: &str) -> Result<Login, TokenError> {
        let login = self.live.login(token, &self.tokens);
        timeout(self.timeout, self.database.outage.noting(login))
            .await
            .unwrap_or(Err(TokenError::Timeout))
    }

    /// Waits until a login ends, which none never does.
    pub async fn login_ended(&self, login: Option<&mut Login>) -> LoginEnd {
        match login {
            Some(login) => login.ended(self.tokens.now()).await,
            None => pending().await,
        }
    }

    /// Begins a subscription.
    ///
    /// # Errors
    ///
    /// The answer that says why there is nothing to be followed.
    pub async fn subscribe(
        &self,
        operation: Operation,
        login: Option<Login>,
    ) -> Result<Events, Box<Response>> {
        if operation.report == CostReport::Alone {
            let answer = self.execute(operation, None, None).await;
            let only = Delivery::Next(vec![payload(&answer)]);
            return Ok(Box::pin(stream::iter([only])));
        }
        let begin = async {
            let refuse = |error| Box::new(refuse(error));
            let login = login.ok_or_else(|| refuse(Error::Unauthenticated))?;
            let selection = Selection::new(operation);
            let topic = self.topic(&selection, &login).await?;
            let events = live::begin(self.clone(), login, selection, topic);
            events.await.map_err(refuse)
        };
        timeout(self.timeout, self.database.outage.noting(begin))
            .await
            .unwrap_or_else(|_| Err(Box::new(refuse(Error::Timeout))))
    }

    /// What a subscription is about.
    async fn topic(&self, selection: &Selection, login: &Login) -> Result<Topic, Box<Response>> {
        let beginning = Arc::new(Moment::Beginning(Mutex::default()));
        let answers = self.resolve(selection, login.viewer(), [Arc::clone(&beginning)]);
        let answers = answers.await;
        if let Some(topic) = beginning.topic() {
            return Ok(topic);
        }
        let mut answer = answers.into_iter().next().unwrap_or_default();
        error::finish(&mut answer);
        Err(Box::new(answer))
    }

    /// What a subscription answers to events, in JSON.
    pub(crate) async fn render(
        &self,
        selection: &Selection,
        viewer: &Viewer,
        events: &[Event],
    ) -> Arc<[Payload]> {
        let moments = events.iter().cloned().map(|it| Arc::new(Moment::Event(it)));
        let resolved = self.resolve(selection, Some(viewer.clone()), moments);
        let resolved = timeout(self.timeout, self.database.outage.noting(resolved)).await;
        let answers = resolved.unwrap_or_else(|_| {
            let answers = events.iter().map(|_| refuse(Error::Timeout));
            answers.collect()
        });
        answers
            .into_iter()
            .map(|mut answer| {
                error::finish(&mut answer);
                payload(&answer)
            })
            .collect()
    }

    /// Resolves a subscription at several moments. What it loads is loaded for all of them at once.
    async fn resolve(
        &self,
        selection: &Selection,
        viewer: Option<Viewer>,
        moments: impl IntoIterator<Item = Arc<Moment>>,
    ) -> Vec<Response> {
        let state = self.state(viewer, None);
        let batches = Batches::default();
        let loads = Arc::new(Reader::loads(Arc::clone(&state), &batches));
        let all = moments.into_iter().map(|moment| {
            let request = selection.request().data(moment);
            let request = request.data(Arc::clone(&loads)).data(Arc::clone(&state));
            self.events.execute(request)
        });
        batch::drive(batches, join_all(all)).await
    }
}

/// An answer in JSON.
fn payload(answer: &Response) -> Payload {
    // Values of GraphQL can be written as JSON, whatever they are.
    let text = serde_json::to_string(answer);
    text.unwrap_or_else(|_| "null".to_owned()).into()
}
