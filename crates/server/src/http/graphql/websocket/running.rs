//! Operations under way on a connection.

use std::pin::Pin;

use ::graphql::{Call, Delivery, Events, Login};
use async_graphql::parser::types::OperationType;
use axum::extract::ws::Message;
use futures_util::{Stream, StreamExt, stream};

use super::{
    super::{
        answer::Answer,
        operation::{self, Asker},
        refusal::Refusal,
    },
    message,
};
use crate::{
    http::AppState,
    telemetry::{Outcome, RequestRecord},
};

/// What an operation sends, a few messages at once. The last are those that end it.
pub type Running = Pin<Box<dyn Stream<Item = Vec<Message>> + Send>>;

/// Begins an operation under an id.
pub fn run(state: AppState, call: Call, asker: Asker, login: Option<Login>, id: String) -> Running {
    let begun = stream::once(async move {
        let mut record = RequestRecord::default();
        match begin(&state, call, asker, login, &mut record).await {
            Ok(Begun::Answer(answer)) => {
                record.answered(answer.outcome(), 200);
                let messages = vec![message::next(&id, &answer.json()), message::complete(&id)];
                stream::iter([messages]).boxed()
            }
            Ok(Begun::Events(events)) => told(events, record, id).boxed(),
            Err(answer) => {
                record.answered(answer.outcome(), 200);
                stream::iter([vec![message::error(&id, &answer.response.errors)]]).boxed()
            }
        }
    });
    Box::pin(begun.flatten())
}

/// What an operation leads to.
enum Begun {
    Answer(Box<Answer>),
    Events(Events),
}

async fn begin(
    state: &AppState,
    call: Call,
    asker: Asker,
    login: Option<Login>,
    record: &mut RequestRecord,
) -> Result<Begun, Box<Answer>> {
    state.rates.spend_of_address(asker.address, 1)?;
    let _permit = state.admission.enter()?;
    let operation = operation::prepare(state, call, &asker, record).await?;
    operation::pay(state, &operation, &asker)?;
    if operation.kind != OperationType::Subscription {
        let answer = operation::execute(state, operation, asker, record).await;
        return Ok(Begun::Answer(Box::new(answer)));
    }
    if state.draining.has_begun() {
        return Err(Refusal::Ending.into());
    }
    match state.engine.subscribe(operation, login).await {
        Ok(events) => Ok(Begun::Events(events)),
        Err(response) => Err(Box::new(Answer::executed(*response))),
    }
}

/// The messages of a subscription.
fn told(
    events: Events,
    record: RequestRecord,
    id: String,
) -> impl Stream<Item = Vec<Message>> + Send {
    let told = Told {
        events,
        record,
        id,
        is_over: false,
    };
    stream::unfold(told, async |mut told| {
        let messages = told.next().await?;
        Some((messages, told))
    })
}

/// A subscription that is told, which in the end says so in the log.
struct Told {
    events: Events,
    record: RequestRecord,
    id: String,
    is_over: bool,
}

impl Told {
    async fn next(&mut self) -> Option<Vec<Message>> {
        if self.is_over {
            return None;
        }
        Some(match self.events.next().await {
            Some(Delivery::Next(payloads)) => {
                *self.record.events.get_or_insert(0) += payloads.len() as u64;
                let payloads = payloads.iter();
                payloads.map(|it| message::next(&self.id, it)).collect()
            }
            Some(Delivery::Failed(response)) => {
                self.is_over = true;
                vec![message::error(&self.id, &response.errors)]
            }
            None => {
                self.is_over = true;
                vec![message::complete(&self.id)]
            }
        })
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.record.answered(Outcome::Ok, 200);
    }
}
