//! `/graphql`: the API over HTTP, over WebSocket and over server-sent events.
//!
//! Source: GraphQL over HTTP, <https://graphql.github.io/graphql-over-http/draft/>.

mod answer;
pub(crate) mod body;
pub(crate) mod call;
mod counted_body;
mod media_type;
mod operation;
mod payload;
mod points;
mod rejection;
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
use mina_graphql::{Call, Caller, Claims, Party, Place, TokenError, Viewer, background};

pub(super) use self::{answer::Answer, media_type::MediaType, points::PointsOfCaller};
use self::{answer::LONG_FROM_BYTES, call::Received};
pub use self::{body::Bodies, points::PaymentQueues, rejection::Rejection};
use super::{AppState, client};
use crate::telemetry::RequestRecord;

/// Answers a GraphQL request sent by POST or, for queries and subscriptions, by GET.
pub async fn handle(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    let accepted = Accepted {
        media_type: MediaType::preferred(request.headers()),
        events: MediaType::accepts_events(request.headers()),
    };
    respond(&state, peer, request, accepted).await
}

/// Answers a GraphQL request with server-sent events, whatever its `Accept` says.
pub async fn stream(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    let accepted = Accepted {
        media_type: None,
        events: true,
    };
    respond(&state, peer, request, accepted).await
}

/// Like [`handle`], for GET, which may also ask for a WebSocket.
pub async fn get_or_upgrade(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    if websocket::is_requested(request.headers()) {
        websocket::upgrade(state, peer, request).await
    } else {
        handle(State(state), ConnectInfo(peer), request).await
    }
}

/// The kinds of response that a request accepts.
#[derive(Clone, Copy)]
struct Accepted {
    /// The preferred type of a single response, if it accepts one.
    media_type: Option<MediaType>,
    /// Whether it accepts server-sent events.
    events: bool,
}

impl Accepted {
    fn nothing(self) -> bool {
        self.media_type.is_none() && !self.events
    }

    fn only_events(self) -> bool {
        self.media_type.is_none() && self.events
    }
}

async fn respond(
    state: &AppState,
    peer: SocketAddr,
    request: Request<Body>,
    accepted: Accepted,
) -> Response {
    let mut record = RequestRecord::new(&state.operation_labels);
    let media_type = accepted.media_type.unwrap_or(MediaType::Json);
    let reply = if accepted.nothing() {
        Err(Rejection::NotAcceptable.into())
    } else {
        reply(state, peer, request, accepted.events, &mut record).await
    };
    let answer = match reply {
        Ok(Reply::Events(subscription)) => {
            return sse::respond(state, subscription, record);
        }
        Ok(Reply::Answer(answer)) | Err(answer) => answer,
    };
    // A client that accepts only events cannot read a body of another type. Rejections are sent
    // as they are, because their status says enough.
    if accepted.only_events() && answer.is_graphql() {
        return sse::respond_once(*answer, &record).await;
    }
    record.answered(answer.outcome(), answer.status(media_type).as_u16());
    answer.into_response(media_type).await
}

/// The reply to a request.
enum Reply {
    Answer(Box<Answer>),
    Events(sse::OpenSubscription),
}

/// Lists the allowed methods.
pub async fn other_methods(method: Method) -> Response {
    let allow = [(
        header::ALLOW,
        HeaderValue::from_static("GET, HEAD, POST, OPTIONS"),
    )];
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, allow).into_response();
    }
    let message = format!("The API does not support {method}. Use POST, or GET for queries.");
    let rejection = Rejection::MethodNotAllowed(message).answer();
    let mut response = rejection.into_response(MediaType::Json).await;
    let [(name, value)] = allow;
    response.headers_mut().insert(name, value);
    response
}

async fn reply(
    state: &AppState,
    peer: SocketAddr,
    request: Request<Body>,
    accepts_events: bool,
    record: &mut RequestRecord,
) -> Result<Reply, Box<Answer>> {
    let headers = request.headers().clone();
    let method = request.method().clone();
    let address = client::address(state.client_address_header.as_ref(), &headers, peer);
    // A request that cannot even be read costs something too.
    state.rates.charge_address(address, 1)?;
    let received = Received::new(request, address, &state.bodies).await?;
    let token = token(&headers)?;
    let claims = token.map(|token| state.engine.claims(token));
    let party = state
        .engine
        .party(claims.as_ref().and_then(|it| it.as_ref().ok()), address);
    let (place, call) = admit(state, received, party, accepts_events).await?;
    let claims = claims.transpose().map_err(not_authenticated)?;
    // The user may have changed since then, which the database says together with the first rows of a
    // query. Whatever else is answered waits for the user as stored right now.
    let seen = claims
        .as_ref()
        .and_then(|it| state.engine.viewer_as_seen(it));
    let viewer = match &seen {
        Some(seen) => Some(seen.viewer().clone()),
        None => authenticated(state, claims.as_ref()).await?,
    };
    let mut caller = Caller {
        viewer,
        address: Some(address),
        place,
    };
    let operation = async {
        let operation = operation::prepare(state, call, &caller, record).await?;
        check_method(operation.kind, &method, accepts_events)?;
        operation::charge(state, &operation, &caller)?;
        Ok(operation)
    };
    let mut operation: Result<_, Box<Answer>> = operation.await;
    if let Some(seen) = &seen {
        if let Ok(unexecuted) = operation {
            let caller = (seen, &caller);
            match operation::execute_as_seen(state, unexecuted, caller, record).await {
                Ok(answer) => return Ok(Reply::Answer(Box::new(answer))),
                Err(unexecuted) => operation = Ok(unexecuted),
            }
        }
        caller.viewer = authenticated(state, claims.as_ref())
            .await
            .inspect_err(|_| record.forget_caller())?;
    }
    let operation = operation?;
    if operation.kind != OperationType::Subscription {
        let answer = operation::execute(state, operation, caller, record).await;
        return Ok(Reply::Answer(Box::new(answer)));
    }
    let points = PointsOfCaller::new(&state.rates, &caller);
    let subscription =
        sse::OpenSubscription::begin(state, operation, token, address, points).await?;
    Ok(Reply::Events(subscription))
}

/// Waits for a place, and parses a request that has arrived completely: slow senders hold no place.
async fn admit(
    state: &AppState,
    received: Received,
    party: Party,
    accepts_events: bool,
) -> Result<(Place, Call), Box<Answer>> {
    let is_long = received.len() >= LONG_FROM_BYTES;
    if !accepts_events || is_long {
        let place = state.admission.enter(party).await?;
        let call = background::call(is_long, move || received.call()).await?;
        return Ok((place, call));
    }
    // It may be a subscription, which waits longer. That is known only when it was parsed.
    let call = received.call()?;
    let is_subscription = || state.engine.is_subscription(&call);
    let max_wait = state.request_timeout;
    let entering = state
        .admission
        .enter_patiently(party, max_wait, is_subscription);
    Ok((entering.await?, call))
}

/// Rejects mutations by GET, and subscriptions of clients that accept only one response.
fn check_method(
    operation: OperationType,
    method: &Method,
    accepts_events: bool,
) -> Result<(), Rejection> {
    match operation {
        OperationType::Query => Ok(()),
        OperationType::Mutation if method == Method::POST => Ok(()),
        OperationType::Mutation => Err(Rejection::MethodNotAllowed(format!(
            "Mutations change data, which {method} requests must not do. Use POST."
        ))),
        OperationType::Subscription if accepts_events => Ok(()),
        OperationType::Subscription => Err(Rejection::NeedsEvents),
    }
}

/// The bearer token of a request. A header that is present must be valid, even if the operation
/// needs no user: a client wants to know that its token has expired.
pub(super) fn token(headers: &HeaderMap) -> Result<Option<&str>, Rejection> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    match value.to_str().ok().and_then(bearer) {
        Some(token) => Ok(Some(token)),
        None => Err(Rejection::Unauthenticated(
            "The Authorization header must be `Bearer <token>`, with a token from signIn."
                .to_owned(),
        )),
    }
}

/// The token in the value of an `Authorization` header.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The user of a token as stored right now, if there is a token.
pub(super) async fn authenticated(
    state: &AppState,
    claims: Option<&Claims>,
) -> Result<Option<Viewer>, Box<Answer>> {
    let Some(claims) = claims else {
        return Ok(None);
    };
    let viewer = state.engine.authenticate(claims).await;
    Ok(Some(viewer.map_err(not_authenticated)?))
}

/// The answer if a token is invalid, or if its user cannot be looked up.
pub(super) fn not_authenticated(error: TokenError) -> Box<Answer> {
    match error {
        TokenError::Invalid => Rejection::Unauthenticated(error.to_string()).into(),
        _ => Box::new(Answer::failed(error.into_response())),
    }
}
