//! `/graphql`: the API, as GraphQL over HTTP has it.
//!
//! Source: <https://graphql.github.io/graphql-over-http/draft/>.

mod answer;
pub(crate) mod body;
pub(crate) mod call;
mod media_type;
mod refusal;

use std::{net::SocketAddr, time::Instant};

use ::graphql::{TokenError, Usage, Viewer};
use async_graphql::parser::types::OperationType;
use axum::{
    body::Body,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use tracing::{Instrument, info_span};

use self::{answer::Answer, call::Received, media_type::MediaType};
pub use self::{body::Bodies, refusal::Refusal};
use super::{AppState, client};
use crate::telemetry::{RequestRecord, TRACES};

/// Answers one GraphQL request, by POST or, if it only reads, by GET.
pub async fn handle(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    let started_at = Instant::now();
    let mut record = RequestRecord::default();
    let wanted = MediaType::wanted(request.headers());
    let media_type = wanted.unwrap_or(MediaType::Json);
    let answer = match wanted {
        Some(_) => answer(&state, peer, request, &mut record).await,
        None => Err(Refusal::NotAcceptable.into()),
    };
    let answer = answer.unwrap_or_else(|refused| *refused);
    let status = answer.status(media_type).as_u16();
    record.answered(answer.outcome(), status, started_at.elapsed());
    answer.into_response(media_type)
}

/// Says which methods there are.
pub async fn other_methods(method: Method) -> Response {
    let allow = [(
        header::ALLOW,
        HeaderValue::from_static("GET, HEAD, POST, OPTIONS"),
    )];
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, allow).into_response();
    }
    let message = format!("{method} is not a method of the API. Use POST, or GET for queries.");
    let refusal = Refusal::MethodNotAllowed(message).answer();
    let mut response = refusal.into_response(MediaType::Json);
    let [(name, value)] = allow;
    response.headers_mut().insert(name, value);
    response
}

async fn answer(
    state: &AppState,
    peer: SocketAddr,
    request: Request<Body>,
    record: &mut RequestRecord,
) -> Result<Answer, Box<Answer>> {
    let headers = request.headers().clone();
    let method = request.method().clone();
    let address = client::address(state.client_address_header.as_ref(), &headers, peer);
    // What cannot even be read costs something as well.
    state.rates.spend_of_address(address, 1)?;
    let received = Received::new(request, &state.bodies).await?;
    // Only now, so that who sends slowly keeps nobody out.
    let _permit = state.admission.enter()?;
    let call = received.call()?;
    drop(received);
    let viewer = viewer(state, &headers).await?;
    if let Some(viewer) = &viewer {
        record.viewer = Some(viewer.user().id);
        state.rates.spend_of_viewer(viewer.user().id, 1)?;
    }
    let operation = match state.engine.operation(call).await {
        Ok(operation) => operation,
        Err(response) => return Ok(Answer::invalid(response)),
    };
    record.kind = kind(operation.kind);
    record.operation = operation.name().map(str::to_owned);
    record.cost = Some(operation.cost.points());
    if method != Method::POST && operation.kind != OperationType::Query {
        return Err(Refusal::MethodNotAllowed(format!(
            "A {} changes something or listens, which {method} must not: use POST.",
            operation.kind
        ))
        .into());
    }
    let points = operation.cost.points() - 1;
    if let Some(viewer) = &viewer {
        state.rates.spend_of_viewer(viewer.user().id, points)?;
    }
    state.rates.spend_of_address(address, points)?;
    let span = info_span!(
        target: TRACES,
        "operation",
        otel.name = operation.name().unwrap_or(record.kind),
        graphql.operation.type = record.kind,
        graphql.operation.name = operation.name(),
    );
    let usage = Usage::of(operation.name());
    let execution = state.engine.execute(operation, viewer, Some(address));
    let response = usage.scope(execution).instrument(span).await;
    record.statements = usage.statements();
    record.rows = usage.rows();
    Ok(Answer::executed(response))
}

fn kind(of: OperationType) -> &'static str {
    match of {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

/// Who asks. A header that is there must be good, also where nobody may ask: a client that sends a
/// token that has ended wants to know.
async fn viewer(state: &AppState, headers: &HeaderMap) -> Result<Option<Viewer>, Box<Answer>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| {
            Refusal::Unauthenticated(
                "The Authorization header must be `Bearer <token>`, with a token from signIn."
                    .to_owned(),
            )
        })?;
    match state.engine.authenticate(token).await {
        Ok(viewer) => Ok(Some(viewer)),
        Err(error @ TokenError::Invalid) => Err(Refusal::Unauthenticated(error.to_string()).into()),
        Err(error) => Err(Box::new(Answer::failed(error.answer()))),
    }
}
