//! `/graphql`: the API, as GraphQL over HTTP has it, and over WebSocket and server-sent events.
//!
//! Source: <https://graphql.github.io/graphql-over-http/draft/>.

mod answer;
pub(crate) mod body;
pub(crate) mod call;
mod media_type;
mod operation;
mod refusal;
mod sse;
mod websocket;

use std::net::SocketAddr;

use async_graphql::parser::types::OperationType;
use axum::{
    body::Body,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use mina_graphql::{TokenError, Viewer};

use self::{answer::Answer, call::Received, media_type::MediaType, operation::Asker};
pub use self::{body::Bodies, refusal::Refusal};
use super::{AppState, client};
use crate::telemetry::RequestRecord;

/// Answers one GraphQL request, by POST or, if it only reads, by GET.
pub async fn handle(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    let wanted = MediaType::wanted(request.headers());
    let takes_events = MediaType::takes_events(request.headers());
    respond(&state, peer, request, wanted, takes_events).await
}

/// Answers one GraphQL request with server-sent events, whatever it accepts.
pub async fn stream(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    respond(&state, peer, request, None, true).await
}

/// The same as [`handle`] for GET, which may ask for a WebSocket as well.
pub async fn get_or_upgrade(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    if websocket::is_wanted(request.headers()) {
        websocket::upgrade(state, peer, request).await
    } else {
        handle(State(state), ConnectInfo(peer), request).await
    }
}

async fn respond(
    state: &AppState,
    peer: SocketAddr,
    request: Request<Body>,
    wanted: Option<MediaType>,
    takes_events: bool,
) -> Response {
    let mut record = RequestRecord::default();
    let media_type = wanted.unwrap_or(MediaType::Json);
    let reply = if wanted.is_some() || takes_events {
        reply(state, peer, request, takes_events, &mut record).await
    } else {
        Err(Refusal::NotAcceptable.into())
    };
    let answer = match reply {
        Ok(Reply::Events(events)) => {
            return sse::respond(state, events, record);
        }
        // Who takes events alone cannot read the answer as anything else.
        Ok(Reply::Answer(answer)) | Err(answer) => answer,
    };
    // Who takes events alone cannot read anything else, but for what a status says as well.
    if wanted.is_none() && takes_events && answer.is_graphql() {
        return sse::respond_once(&answer, &record);
    }
    record.answered(answer.outcome(), answer.status(media_type).as_u16());
    answer.into_response(media_type)
}

/// What a request leads to.
enum Reply {
    Answer(Box<Answer>),
    Events(sse::Subscribed),
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

async fn reply(
    state: &AppState,
    peer: SocketAddr,
    request: Request<Body>,
    takes_events: bool,
    record: &mut RequestRecord,
) -> Result<Reply, Box<Answer>> {
    let headers = request.headers().clone();
    let method = request.method().clone();
    let address = client::address(state.client_address_header.as_ref(), &headers, peer);
    // What cannot even be read costs something as well.
    state.rates.spend_of_address(address, 1)?;
    let received = Received::new(request, &state.bodies).await?;
    // Only now, so that who sends slowly keeps nobody out.
    let _permit = if takes_events {
        state.admission.wait(state.request_timeout).await?
    } else {
        state.admission.enter()?
    };
    let call = received.call()?;
    drop(received);
    let token = token(&headers)?;
    let viewer = viewer(state, token).await?;
    let asker = Asker { viewer, address };
    let operation = operation::prepare(state, call, &asker, record).await?;
    match operation.kind {
        OperationType::Query => {}
        OperationType::Mutation if method == Method::POST => {}
        OperationType::Mutation => {
            return Err(Refusal::MethodNotAllowed(format!(
                "A mutation changes something, which {method} must not: use POST."
            ))
            .into());
        }
        OperationType::Subscription if takes_events => {}
        OperationType::Subscription => return Err(Refusal::NeedsEvents.into()),
    }
    operation::pay(state, &operation, &asker)?;
    if operation.kind != OperationType::Subscription {
        let answer = operation::execute(state, operation, asker, record).await;
        return Ok(Reply::Answer(Box::new(answer)));
    }
    let subscribed = sse::Subscribed::begin(state, operation, token).await?;
    Ok(Reply::Events(subscribed))
}

/// The bearer token of a request. A header that is there must be good, also where nobody may ask: a
/// client that sends a token that has ended wants to know.
fn token(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    match value.to_str().ok().and_then(bearer) {
        Some(token) => Ok(Some(token)),
        None => Err(Refusal::Unauthenticated(
            "The Authorization header must be `Bearer <token>`, with a token from signIn."
                .to_owned(),
        )),
    }
}

/// The token in the value of an `Authorization`.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn viewer(state: &AppState, token: Option<&str>) -> Result<Option<Viewer>, Box<Answer>> {
    let Some(token) = token else {
        return Ok(None);
    };
    let viewer = state.engine.authenticate(token).await;
    Ok(Some(viewer.map_err(not_authenticated)?))
}

/// The answer where a token names nobody, or it is not known whom.
fn not_authenticated(error: TokenError) -> Box<Answer> {
    match error {
        TokenError::Invalid => Refusal::Unauthenticated(error.to_string()).into(),
        _ => Box::new(Answer::failed(error.answer())),
    }
}
