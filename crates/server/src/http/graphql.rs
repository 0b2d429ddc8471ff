//! `/graphql`: the API.

use std::net::{IpAddr, SocketAddr};

use ::graphql::{TokenError, Viewer};
use async_graphql::{ErrorExtensions, Response as GraphqlResponse, ServerError};
use async_graphql_axum::{GraphQLRequest, rejection::GraphQLRejection};
use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tracing::{Span, error};

use super::AppState;

/// Answers one GraphQL request.
pub async fn handle(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Result<GraphQLRequest, GraphQLRejection>,
) -> Response {
    let request = match request {
        Ok(request) => request.into_inner(),
        Err(rejection) => return Refusal::Malformed(rejection.0.to_string()).into_response(),
    };
    let viewer = match viewer(&state, &headers).await {
        Ok(viewer) => viewer,
        Err(refusal) => return refusal.into_response(),
    };
    if let Some(operation) = &request.operation_name {
        Span::current().record("operation", operation);
    }
    let address = client_address(&state, &headers, peer);
    Json(state.engine.execute(request, viewer, Some(address)).await).into_response()
}

/// Where a request has come from: what the proxy says, if there is one, or else who is connected.
fn client_address(state: &AppState, headers: &HeaderMap, peer: SocketAddr) -> IpAddr {
    let from_proxy = state.client_address_header.as_ref().and_then(|name| {
        // What stands before the last address came from the client, who can write anything.
        let last = headers.get_all(name).iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    });
    from_proxy.unwrap_or(peer.ip())
}

/// Why a request is not executed.
enum Refusal {
    /// The body is no GraphQL request.
    Malformed(String),
    /// The `Authorization` header is there and names nobody.
    Unauthenticated(String),
    /// The viewer could not be looked up.
    Unavailable,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::Malformed(problem) => (
                StatusCode::BAD_REQUEST,
                "BAD_USER_INPUT",
                format!(
                    "The body must be a JSON object with `query` and, where needed, `variables` \
                     and `operationName`. {problem}"
                ),
            ),
            Self::Unauthenticated(message) => {
                (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
            }
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "INTERNAL",
                "The database does not answer. Try again later.".to_owned(),
            ),
        };
        let error = async_graphql::Error::new(message)
            .extend_with(|_, extensions| extensions.set("code", code));
        let error = ServerError {
            extensions: error.extensions,
            ..ServerError::new(error.message, None)
        };
        let body = Json(GraphqlResponse::from_errors(vec![error]));
        if status == StatusCode::UNAUTHORIZED {
            (status, [(header::WWW_AUTHENTICATE, "Bearer")], body).into_response()
        } else {
            (status, body).into_response()
        }
    }
}

/// Who asks. A header that is there must be good, also where nobody may ask: a client that sends a
/// token that has ended wants to know.
async fn viewer(state: &AppState, headers: &HeaderMap) -> Result<Option<Viewer>, Refusal> {
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
        Err(error @ TokenError::Invalid) => Err(Refusal::Unauthenticated(error.to_string())),
        Err(error) => {
            error!(%error, "cannot look up the viewer");
            Err(Refusal::Unavailable)
        }
    }
}
