//! The HTTP side: routes, what wraps every request, and starting and stopping.

mod graphql;
mod health;
mod playground;
mod request_id;
mod shutdown;

use std::{sync::LazyLock, time::Instant};

use ::graphql::Engine;
use axum::{
    Router,
    http::{HeaderName, StatusCode, header},
    middleware,
    response::IntoResponse,
    routing::{get, post},
};

pub use self::shutdown::serve;

/// What the handlers share.
#[derive(Clone)]
pub struct AppState {
    /// What answers GraphQL.
    pub engine: Engine,
    /// When the server started.
    pub started_at: Instant,
    /// The header in which a reverse proxy says whom it asks for.
    pub client_address_header: Option<HeaderName>,
}

/// Every route of the server.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/graphql", post(graphql::handle))
        .route("/schema.graphql", get(schema))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .merge(playground::routes())
        .fallback(not_found)
        .layer(middleware::from_fn(request_id::assign))
        .with_state(state)
}

/// The schema in the GraphQL schema definition language, as text that browsers show.
async fn schema() -> impl IntoResponse {
    static SDL: LazyLock<String> = LazyLock::new(::graphql::sdl);
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        SDL.as_str(),
    )
}

async fn not_found() -> impl IntoResponse {
    (
        StatusCode::NOT_FOUND,
        "There is nothing here. The API is at /graphql, the playground at /.\n",
    )
}
