//! CORS: which web pages may use the API from a browser.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{self, Next},
    response::Response,
};
use tower::{Layer, ServiceExt};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::request_id;

/// How long a browser may cache the response to a preflight request.
const MAX_AGE: Duration = Duration::from_hours(1);

/// Lets pages of these origins use `routes`. Without origins, nothing changes.
///
/// Credentials are never allowed: tokens are sent in `Authorization`, and there are no cookies.
pub fn allow<S: Clone + Send + Sync + 'static>(
    routes: Router<S>,
    origins: Vec<HeaderValue>,
) -> Router<S> {
    if origins.is_empty() {
        return routes;
    }
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            header::ACCEPT,
            request_id::HEADER,
            HeaderName::from_static("traceparent"),
        ])
        .expose_headers([request_id::HEADER, header::RETRY_AFTER])
        .max_age(MAX_AGE)
        // `answer` adds it to every response.
        .vary([]);
    let allowed = Allowed {
        origins: origins.into(),
        layer,
    };
    routes.layer(middleware::from_fn_with_state(allowed, answer))
}

#[derive(Clone)]
struct Allowed {
    origins: Arc<[HeaderValue]>,
    layer: CorsLayer,
}

/// Answers pages of other origins as if CORS were off. `CorsLayer` would omit only the header that
/// matters, and disclose the others.
async fn answer(State(allowed): State<Allowed>, request: Request, next: Next) -> Response {
    let is_allowed = request
        .headers()
        .get(header::ORIGIN)
        .is_some_and(|origin| allowed.origins.contains(origin));
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
