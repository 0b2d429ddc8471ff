//! Operations that run on a connection.

use std::pin::Pin;

use async_graphql::{ServerError, parser::types::OperationType};
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use mina_graphql::{Call, Caller, Delivery, EventPayload, Events, Login};
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::{
    super::{answer::Answer, operation, points::PointsOfCaller, rejection::Rejection},
    message::{self, Text},
};
use crate::{
    http::AppState,
    telemetry::{RequestOutcome, RequestRecord},
};

/// The messages of a running operation. The last one ends it.
pub type Running = Pin<Box<dyn Stream<Item = Sent> + Send>>;

/// Messages that an operation sends together.
#[derive(Debug)]
pub enum Sent {
    /// Rendered events, shared with other subscribers. Each becomes a message only when it is sent,
    /// so that a slow client holds no copies.
    Next(Vec<EventPayload>),
    /// The single response of an operation, followed by its end.
    Answer(EventPayload),
    /// Errors that end the operation.
    Error(Vec<ServerError>),
    /// The end of the operation.
    Complete,
}

impl Sent {
    /// Whether the operation ends with these messages.
    pub fn is_last(&self) -> bool {
        !matches!(self, Self::Next(_))
    }

    /// The messages, with the id of the operation.
    pub fn messages(self, id: &str) -> impl Iterator<Item = Text> {
        let (answers, last) = match self {
            Self::Next(answers) => (answers, None),
            Self::Answer(answer) => (vec![answer], Some(message::complete(id))),
            Self::Error(errors) => (Vec::new(), Some(message::error(id, &errors))),
            Self::Complete => (Vec::new(), Some(message::complete(id))),
        };
        let answers = answers.into_iter();
        answers.map(move |it| message::next(id, it)).chain(last)
    }
}

/// Runs an operation in a task of its own. The task gives the caller's place back as soon as it has
/// written a result, however slowly the client reads that.
pub fn run(state: AppState, call: Call, caller: Caller, login: Option<Login>) -> Running {
    let mut record = RequestRecord::new(&state.operation_labels);
    let task = async move {
        let begun = begin(&state, call, caller, login, &mut record).await;
        Started { begun, record }
    };
    let task = AbortOnDropHandle::new(tokio::spawn(task.in_current_span()));
    Box::pin(stream::once(task).map(sent).flatten())
}

/// The messages of an operation that has begun, or failed to.
fn sent(started: Result<Started, JoinError>) -> BoxStream<'static, Sent> {
    let Started { begun, record } = match started {
        Ok(started) => started,
        Err(error) => {
            let error = mina_graphql::internal_error(error.to_string());
            return stream::iter([Sent::Error(vec![error])]).boxed();
        }
    };
    match begun {
        Ok(Begun::Answer(payload, outcome)) => {
            record.answered(outcome, 200);
            stream::iter([Sent::Answer(payload)]).boxed()
        }
        Ok(Begun::Events(events)) => subscription(events, record).boxed(),
        Err(answer) => {
            record.answered(answer.outcome(), 200);
            stream::iter([Sent::Error(answer.response.errors)]).boxed()
        }
    }
}

/// The result of the task that began an operation.
struct Started {
    begun: Result<Begun, Box<Answer>>,
    record: RequestRecord,
}

/// An operation that has begun.
enum Begun {
    Answer(EventPayload, RequestOutcome),
    Events(Events),
}

async fn begin(
    state: &AppState,
    call: Call,
    caller: Caller,
    login: Option<Login>,
    record: &mut RequestRecord,
) -> Result<Begun, Box<Answer>> {
    if let Some(address) = caller.address {
        state.rates.charge_address(address, 1)?;
    }
    let operation = operation::prepare(state, call, &caller, record).await?;
    operation::charge(state, &operation, &caller)?;
    let points = PointsOfCaller::new(&state.rates, &caller);
    if operation.kind != OperationType::Subscription {
        let answer = operation::execute(state, operation, caller, record).await;
        let outcome = answer.outcome();
        return Ok(Begun::Answer(answer.into_payload().await, outcome));
    }
    if state.draining.has_begun() {
        return Err(Rejection::ShuttingDown.into());
    }
    match state.engine.subscribe(operation, login, points).await {
        Ok(events) => Ok(Begun::Events(events)),
        Err(response) => Err(Box::new(Answer::executed(*response))),
    }
}

/// The messages of a subscription.
fn subscription(events: Events, record: RequestRecord) -> impl Stream<Item = Sent> + Send {
    let subscription = RunningSubscription {
        events,
        record,
        outcome: RequestOutcome::Ok,
        has_ended: false,
    };
    stream::unfold(subscription, async |mut subscription| {
        let sent = subscription.next().await?;
        Some((sent, subscription))
    })
}

/// A running subscription. It is logged when it ends.
struct RunningSubscription {
    events: Events,
    record: RequestRecord,
    outcome: RequestOutcome,
    has_ended: bool,
}

impl RunningSubscription {
    async fn next(&mut self) -> Option<Sent> {
        if self.has_ended {
            return None;
        }
        let delivery = self.events.next().await;
        self.has_ended = !matches!(delivery, Some(Delivery::Next(_)));
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

impl Drop for RunningSubscription {
    fn drop(&mut self) {
        self.record.answered(self.outcome, 200);
    }
}
