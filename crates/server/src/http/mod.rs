//! The HTTP side: routes, what wraps every request, and starting and stopping.

mod admission;
mod client;
mod graphql;
mod health;
mod playground;
mod rate;
mod request_id;
mod shutdown;

use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

use ::graphql::Engine;
use axum::{
    Router,
    extract::State,
    http::{HeaderName, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};

pub use self::shutdown::serve;
use self::{admission::Admission, graphql::Bodies, rate::RateLimits};
use crate::config::LoadSettings;

/// What the handlers share.
#[derive(Clone)]
pub struct AppState {
    /// What answers GraphQL.
    pub engine: Engine,
    /// When the server started.
    pub started_at: Instant,
    /// The header in which a reverse proxy says whom it asks for.
    pub client_address_header: Option<HeaderName>,
    /// How bodies are read.
    pub bodies: Bodies,
    /// The places for requests that are being answered.
    pub admission: Admission,
    /// What viewers and addresses may spend.
    pub rates: Arc<RateLimits>,
}

impl AppState {
    /// What the handlers share, from now on.
    pub fn new(
        engine: Engine,
        client_address_header: Option<HeaderName>,
        load: &LoadSettings,
    ) -> Self {
        Self {
            engine,
            started_at: Instant::now(),
            client_address_header,
            bodies: Bodies::new(load.max_body_size as usize, load.request_timeout),
            admission: Admission::new(load.max_requests_in_flight),
            rates: Arc::new(RateLimits::new(
                load.rate_limit_viewer,
                load.rate_limit_address,
            )),
        }
    }
}

/// Every route of the server.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route(
            "/graphql",
            get(graphql::handle)
                .post(graphql::handle)
                .fallback(graphql::other_methods),
        )
        .route("/schema.graphql", get(schema))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .merge(playground::routes())
        .fallback(not_found)
        .layer(middleware::from_fn(request_id::assign))
        .with_state(state)
}

/// The schema in the GraphQL schema definition language, as text that browsers show, unless clients
/// may not ask for it.
async fn schema(State(state): State<AppState>) -> Response {
    static SDL: LazyLock<String> = LazyLock::new(::graphql::sdl);
    if !state.engine.tells_schema() {
        return not_found().await.into_response();
    }
    let content_type = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (content_type, SDL.as_str()).into_response()
}

async fn not_found() -> impl IntoResponse {
    (
        StatusCode::NOT_FOUND,
        "There is nothing here. The API is at /graphql, the playground at /.\n",
    )
}
