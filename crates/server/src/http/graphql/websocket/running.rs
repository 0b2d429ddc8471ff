//! Operations under way on a connection.

use std::pin::Pin;

use ::graphql::{Call, Delivery, Events, Login, Payload};
use async_graphql::{ServerError, parser::types::OperationType};
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

/// What an operation sends. The last is what ends it.
pub type Running = Pin<Box<dyn Stream<Item = Sent> + Send>>;

/// What an operation sends at once.
#[derive(Debug)]
pub enum Sent {
    /// Answers to events, which are shared with others: each becomes a message when its turn comes,
    /// so that who reads slowly holds no copies.
    Next(Vec<Payload>),
    /// An answer, and the end.
    Answer(String),
    /// Why there is no answer, or no more.
    Error(Vec<ServerError>),
    /// The end.
    Complete,
}

impl Sent {
    /// The messages, under the id of the operation.
    pub fn messages(self, id: &str) -> impl Iterator<Item = Message> {
        let (answers, last) = match self {
            Self::Next(answers) => (answers, None),
            Self::Answer(answer) => (vec![answer.into()], Some(message::complete(id))),
            Self::Error(errors) => (Vec::new(), Some(message::error(id, &errors))),
            Self::Complete => (Vec::new(), Some(message::complete(id))),
        };
        let answers = answers.into_iter();
        answers.map(move |it| message::next(id, &it)).chain(last)
    }
}

/// Begins an operation.
pub fn run(state: AppState, call: Call, asker: Asker, login: Option<Login>) -> Running {
    let begun = stream::once(async move {
        let mut record = RequestRecord::default();
        match begin(&state, call, asker, login, &mut record).await {
            Ok(Begun::Answer(answer)) => {
                record.answered(answer.outcome(), 200);
                stream::iter([Sent::Answer(answer.json())]).boxed()
            }
            Ok(Begun::Events(events)) => told(events, record).boxed(),
            Err(answer) => {
                record.answered(answer.outcome(), 200);
                stream::iter([Sent::Error(answer.response.errors)]).boxed()
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

/// What a subscription sends.
fn told(events: Events, record: RequestRecord) -> impl Stream<Item = Sent> + Send {
    let told = Told {
        events,
        record,
        outcome: Outcome::Ok,
        is_over: false,
    };
    stream::unfold(told, async |mut told| {
        let sent = told.next().await?;
        Some((sent, told))
    })
}

/// A subscription that is told, which in the end says so in the log.
struct Told {
    events: Events,
    record: RequestRecord,
    outcome: Outcome,
    is_over: bool,
}

impl Told {
    async fn next(&mut self) -> Option<Sent> {
        if self.is_over {
            return None;
        }
        let delivery = self.events.next().await;
        self.is_over = !matches!(delivery, Some(Delivery::Next(_)));
        Some(match delivery {
            Some(Delivery::Next(payloads)) => {
                *self.record.events.get_or_insert(0) += payloads.len() as u64;
                Sent::Next(payloads)
            }
            Some(Delivery::Failed(response)) => {
                let answer = Answer::executed(*response);
                self.outcome = answer.outcome();
                Sent::Error(answer.response.errors)
            }
            None => Sent::Complete,
        })
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.record.answered(self.outcome, 200);
    }
}
