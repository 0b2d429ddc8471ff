//! From what is asked to what is answered, however it came: the same checks in the same order for
//! requests over HTTP and for messages on a WebSocket.

use std::net::IpAddr;

use async_graphql::parser::types::OperationType;
use mina_graphql::{Call, Operation, Usage, Viewer};
use tracing::{Instrument, info_span};

use super::answer::Answer;
use crate::{
    http::AppState,
    telemetry::{RequestRecord, TRACES},
};

/// Who asks.
pub struct Asker {
    /// On whose behalf, if on anybody's.
    pub viewer: Option<Viewer>,
    /// From where.
    pub address: IpAddr,
}

/// The operation that a call asks for.
///
/// # Errors
///
/// The answer, if it cannot be carried out, or its asker has too little to spend for it.
pub async fn prepare(
    state: &AppState,
    call: Call,
    asker: &Asker,
    record: &mut RequestRecord,
) -> Result<Operation, Box<Answer>> {
    if let Some(viewer) = &asker.viewer {
        record.viewer = Some(viewer.user().id);
        state.rates.spend_of_viewer(viewer.user().id, 1)?;
    }
    let operation = state.engine.operation(call).await;
    let operation = operation.map_err(|response| Box::new(Answer::invalid(response)))?;
    record.kind = kind(operation.kind);
    record.operation = operation.name().map(str::to_owned);
    record.cost = Some(operation.cost.points());
    Ok(operation)
}

/// Takes what an operation costs, beside the one point that was taken for asking.
///
/// # Errors
///
/// The answer, if there is too little to spend.
pub fn pay(state: &AppState, operation: &Operation, asker: &Asker) -> Result<(), Box<Answer>> {
    let points = operation.cost.points() - 1;
    if let Some(viewer) = &asker.viewer {
        state.rates.spend_of_viewer(viewer.user().id, points)?;
    }
    state.rates.spend_of_address(asker.address, points)?;
    Ok(())
}

/// Carries out an operation that is no subscription.
pub async fn execute(
    state: &AppState,
    operation: Operation,
    asker: Asker,
    record: &mut RequestRecord,
) -> Answer {
    let span = span(&operation, record.kind);
    let usage = Usage::of(operation.name());
    let execution = state
        .engine
        .execute(operation, asker.viewer, Some(asker.address));
    let response = usage.scope(execution).instrument(span).await;
    record.statements = usage.statements();
    record.rows = usage.rows();
    Answer::executed(response)
}

/// The trace of an operation.
pub fn span(operation: &Operation, kind: &'static str) -> tracing::Span {
    info_span!(
        target: TRACES,
        "operation",
        otel.name = operation.name().unwrap_or(kind),
        graphql.operation.type = kind,
        graphql.operation.name = operation.name(),
    )
}

fn kind(of: OperationType) -> &'static str {
    match of {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
