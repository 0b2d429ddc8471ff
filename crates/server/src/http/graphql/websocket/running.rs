//! Operations under way on a connection.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use async_graphql::{ServerError, parser::types::OperationType};
use axum::extract::ws::Message;
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use mina_graphql::{Call, Delivery, Events, Login, Payload};
use tokio::{
    sync::OwnedSemaphorePermit,
    task::{JoinError, JoinHandle},
};
use tracing::Instrument;

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
    /// Whether nothing comes after it.
    pub fn is_last(&self) -> bool {
        !matches!(self, Self::Next(_))
    }

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

/// Begins an operation. `place` is the one that it has among those who are answered: a task of its
/// own gives it back as soon as there is an answer, whenever the client takes that.
pub fn run(
    state: AppState,
    call: Call,
    asker: Asker,
    login: Option<Login>,
    place: OwnedSemaphorePermit,
) -> Running {
    let mut record = RequestRecord::default();
    let task = async move {
        let begun = begin(&state, call, asker, login, &mut record).await;
        drop(place);
        (begun, record)
    };
    let task = Task(tokio::spawn(task.in_current_span()));
    Box::pin(stream::once(task).map(sent).flatten())
}

/// A task that ends when nobody waits for it any more.
struct Task<T>(JoinHandle<T>);

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What an operation sends that has begun, or could not.
fn sent(
    begun: Result<(Result<Begun, Box<Answer>>, RequestRecord), JoinError>,
) -> BoxStream<'static, Sent> {
    let (begun, record) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            let error = mina_graphql::internal_error(error.to_string());
            return stream::iter([Sent::Error(vec![error])]).boxed();
        }
    };
    match begun {
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
