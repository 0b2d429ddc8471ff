//! From a call to its answer: the same checks in the same order for HTTP requests and for messages
//! on a WebSocket.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use mina_graphql::{Call, Caller, Operation, SeenViewer, Usage, background};
use tracing::{Instrument, info_span};

use super::{
    answer::{Answer, Expense},
    points::PointsOfCaller,
};
use crate::{
    http::AppState,
    telemetry::{RequestRecord, TRACE_TARGET},
};

/// From how many fields on an operation counts as long before it has begun. It may resolve all of
/// them in one go, and a thousand take about a millisecond.
const LONG_FROM_FIELDS: u64 = 5_000;

/// Parses and validates the operation of a call.
///
/// # Errors
///
/// The answer, if the operation cannot be executed or the caller is over its rate limit.
pub async fn prepare(
    state: &AppState,
    call: Call,
    caller: &Caller,
    record: &mut RequestRecord,
) -> Result<Operation, Box<Answer>> {
    if let Some(viewer) = &caller.viewer {
        record.viewer = Some(viewer.user().id);
        state.rates.charge_viewer(viewer.user().id, 1)?;
    }
    let is_new = !state.engine.knows_document(&call);
    let shared = state.clone();
    let operation = background::call(is_new, move || shared.engine.operation(call)).await;
    let operation = operation.map_err(|response| Box::new(Answer::invalid(*response)))?;
    record.kind = kind(operation.kind);
    record.operation = operation.name().map(str::to_owned);
    record.cost = Some(operation.cost.points());
    Ok(operation)
}

/// Charges the caller what an operation costs, beside the one point that the request itself cost.
///
/// # Errors
///
/// The answer, if the caller is over its rate limit.
pub fn charge(state: &AppState, operation: &Operation, caller: &Caller) -> Result<(), Box<Answer>> {
    let points = operation.cost.points() - 1;
    if let Some(viewer) = &caller.viewer {
        state.rates.charge_viewer(viewer.user().id, points)?;
    }
    if let Some(address) = caller.address {
        state.rates.charge_address(address, points)?;
    }
    Ok(())
}

/// Executes a query or a mutation.
pub async fn execute(
    state: &AppState,
    operation: Operation,
    caller: Caller,
    record: &mut RequestRecord,
) -> Answer {
    let span = span(&operation, record.kind);
    let (usage, expense) = accounts(state, &operation, &caller);
    let is_long = operation.cost.fields >= LONG_FROM_FIELDS;
    let (shared, used) = (state.clone(), Arc::clone(&usage));
    let execution = async move { shared.engine.execute(operation, caller, &used).await };
    let execution = execution.instrument(span);
    let response = if is_long {
        background::run_all(execution).await
    } else {
        background::run(execution).await
    };
    record.statements = usage.statements();
    record.rows = usage.rows();
    Answer::executed(response).at_expense(expense)
}

/// Executes a query for a caller who may have changed.
///
/// # Errors
///
/// The operation, if the caller has changed, or if this is not possible for another reason. See
/// [`Engine::execute_as_seen`](mina_graphql::Engine::execute_as_seen).
pub async fn execute_as_seen(
    state: &AppState,
    operation: Operation,
    (seen, caller): (&SeenViewer, &Caller),
    record: &mut RequestRecord,
) -> Result<Answer, Operation> {
    if operation.kind != OperationType::Query {
        return Err(operation);
    }
    let span = span(&operation, record.kind);
    let (usage, expense) = accounts(state, &operation, caller);
    let is_long = operation.cost.fields >= LONG_FROM_FIELDS;
    let (shared, used) = (state.clone(), Arc::clone(&usage));
    let (seen, caller) = (seen.clone(), caller.clone());
    let execution = async move {
        let engine = &shared.engine;
        let execution = engine.execute_as_seen(&operation, (&seen, &caller), &used);
        execution.await.ok_or(operation)
    };
    let execution = execution.instrument(span);
    let response = if is_long {
        background::run_all(execution).await?
    } else {
        background::run(execution).await?
    };
    record.statements = usage.statements();
    record.rows = usage.rows();
    Ok(Answer::executed(response).at_expense(expense))
}

/// What counts the work of an operation, and what its answer holds until it was sent.
fn accounts(state: &AppState, operation: &Operation, caller: &Caller) -> (Arc<Usage>, Expense) {
    let party = caller.party();
    let meter = state.engine.answer_memory().meter(party);
    let usage = Usage::of(operation.name(), party, meter.clone());
    let expense = Expense {
        meter,
        place: caller.place.clone(),
        points: PointsOfCaller::new(&state.rates, caller),
    };
    (usage, expense)
}

/// The trace span of an operation.
pub fn span(operation: &Operation, kind: &'static str) -> tracing::Span {
    info_span!(
        target: TRACE_TARGET,
        "operation",
        otel.name = operation.name().unwrap_or(kind),
        graphql.operation.type = kind,
        graphql.operation.name = operation.name(),
    )
}

/// The name of an operation type in logs and metrics.
fn kind(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
