//! CORS: which web pages may use the API from a browser.

use std::time::Duration;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header, request::Parts},
    middleware::{self, Next},
    response::Response,
};
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{loopback, request_id, transcript::upload::IDEMPOTENCY_KEY};

/// How long a browser may cache the response to a preflight request.
const MAX_AGE: Duration = Duration::from_hours(1);

/// The headers that the client libraries send for Apollo, and for the traces of OpenTelemetry and
/// Sentry, beside those of GraphQL itself.
const ALLOWED_HEADERS: [HeaderName; 13] = [
    header::CONTENT_TYPE,
    header::AUTHORIZATION,
    header::ACCEPT,
    request_id::HEADER,
    IDEMPOTENCY_KEY,
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("baggage"),
    HeaderName::from_static("sentry-trace"),
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("apollographql-client-name"),
    HeaderName::from_static("apollographql-client-version"),
    HeaderName::from_static("x-apollo-operation-name"),
];

/// The web origins whose pages may use the API.
#[derive(Clone, Debug)]
pub enum AllowedOrigins {
    /// These, and no others
    Listed(Vec<HeaderValue>),
    /// All pages that this machine serves, whatever the port: those that somebody develops
    Loopback,
}

impl AllowedOrigins {
    fn contain(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::Listed(origins) => origins.contains(origin),
            Self::Loopback => loopback::is_origin(origin),
        }
    }
}

/// Lets pages of these origins use `routes`. Without origins, nothing changes.
///
/// Credentials are never allowed: tokens are sent in `Authorization`, and there are no cookies.
pub fn allow<S: Clone + Send + Sync + 'static>(
    routes: Router<S>,
    origins: AllowedOrigins,
) -> Router<S> {
    if matches!(&origins, AllowedOrigins::Listed(listed) if listed.is_empty()) {
        return routes;
    }
    let for_layer = origins.clone();
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _: &Parts| {
            for_layer.contain(origin)
        }))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(ALLOWED_HEADERS)
        .expose_headers([request_id::HEADER, header::RETRY_AFTER])
        .max_age(MAX_AGE)
        // `answer` adds it to every response.
        .vary([]);
    let allowed = Allowed { origins, layer };
    routes.layer(middleware::from_fn_with_state(allowed, answer))
}

#[derive(Clone)]
struct Allowed {
    origins: AllowedOrigins,
    layer: CorsLayer,
}

/// Answers pages of other origins as if CORS were off. `CorsLayer` would omit only the header that
/// matters, and disclose the others.
async fn answer(State(allowed): State<Allowed>, request: Request, next: Next) -> Response {
    let is_allowed = request
        .headers()
        .get(header::ORIGIN)
        .is_some_and(|origin| allowed.origins.contain(origin));
    let mut response = if is_allowed {
        let Ok(response) = allowed.layer.layer(next).oneshot(request).await;
        response
    } else {
        next.run(request).await
    };
    let vary = HeaderValue::from_name(header::ORIGIN);
    response.headers_mut().append(header::VARY, vary);
    response
}
