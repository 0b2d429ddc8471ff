//! The HTTP server: routes, the layers around them, connections, and an orderly shutdown.

mod admission;
mod client;
mod connections;
mod cors;
mod counts;
pub(crate) mod graphql;
mod health;
mod in_flight;
mod layers;
mod loopback;
mod pace;
mod patience;
mod playground;
mod rate;
mod request_id;
mod response_body;
mod shutdown;
mod socket;
mod streams;
mod table;
mod tls;
mod transcript;

use std::{
    ops::Deref,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use ::playground::DemoSignIn;
use axum::{
    Router,
    extract::State,
    http::{HeaderName, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use mina_graphql::{Engine, FairSemaphore};
use tokio::net::TcpListener;

use self::{
    admission::Admission, graphql::Bodies, health::ReadinessCheck, rate::RateLimits,
    streams::Streams, table::ConnectionTable,
};
pub use self::{
    cors::AllowedOrigins,
    shutdown::{Draining, ServeError, Signals, serve},
    tls::{Certificate, TlsError},
};
use crate::{
    backup::BackupStatus,
    config::{LiveSettings, LoadSettings, PlaygroundPage},
    telemetry::{Metrics, OperationLabels},
};

/// The state that handlers share. Each request has several handles to it.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What is shared.
pub struct Shared {
    /// Executes GraphQL.
    pub engine: Engine,
    /// When the server started.
    pub started_at: Instant,
    /// The header in which a reverse proxy sends the client's address.
    pub client_address_header: Option<HeaderName>,
    /// The limits that bodies are read under.
    pub bodies: Bodies,
    /// The limits that uploads are read under.
    pub uploads: Bodies,
    /// The turns of uploads that have arrived.
    pub upload_turns: FairSemaphore,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// Limits how many requests are answered at once.
    pub admission: Admission,
    /// The rate limits of viewers and addresses.
    pub rates: Arc<RateLimits>,
    /// The open connections.
    pub connections: ConnectionTable,
    /// The open WebSocket connections, event streams and downloads.
    pub streams: Streams,
    /// The settings of subscriptions.
    pub live: LiveSettings,
    /// What is known about the backups.
    pub backups: BackupStatus,
    /// Checks whether requests can be served.
    pub readiness: ReadinessCheck,
    /// Whether the server is shutting down.
    pub draining: Draining,
    /// The metrics of this process.
    pub metrics: Metrics,
    /// The operation names that label metrics.
    pub operation_labels: Arc<OperationLabels>,
}

impl AppState {
    /// The state of a server that starts now.
    pub fn new(
        engine: Engine,
        client_address_header: Option<HeaderName>,
        load: &LoadSettings,
        live: LiveSettings,
        metrics: Metrics,
        backups: BackupStatus,
    ) -> Self {
        // Behind a proxy, all connections have the address of the proxy.
        let per_address = match client_address_header {
            Some(_) => 0,
            None => load.max_connections_per_address,
        };
        Self(Arc::new(Shared {
            backups,
            readiness: ReadinessCheck::new(engine.database().clone()),
            engine,
            started_at: Instant::now(),
            client_address_header,
            bodies: Bodies::new(load.max_body_size as usize, load.request_timeout),
            uploads: Bodies::for_uploads(load.max_upload_size as usize, load.request_timeout),
            upload_turns: transcript::upload::turns(),
            request_timeout: load.request_timeout,
            admission: Admission::new(load.max_requests_in_flight),
            rates: Arc::new(RateLimits::new(
                load.rate_limit_viewer,
                load.rate_limit_address,
            )),
            connections: ConnectionTable::new(load.max_connections, per_address),
            streams: Streams::new(load, &live),
            live,
            draining: Draining::default(),
            metrics,
            operation_labels: Arc::default(),
        }))
    }
}

/// How the server accepts connections, and how it shuts down.
pub struct Options {
    /// The listener for metrics, if they are not served beside the API.
    pub metrics_listener: Option<TcpListener>,
    /// Terminates TLS, if the server does that itself.
    pub tls: Option<Certificate>,
    /// Web origins whose pages may use the API.
    pub cors_origins: AllowedOrigins,
    /// Whether only requests to a name of this machine are answered.
    pub only_loopback: bool,
    /// The page at `/`.
    pub playground: PlaygroundPage,
    /// Who may be signed in on that page without a password of their own.
    pub demo_sign_ins: Vec<DemoSignIn>,
    /// How often old transcripts are deleted.
    pub retention_interval: Duration,
    /// How long readiness fails before connections are refused.
    pub drain_delay: Duration,
    /// How long requests in flight may take to finish at shutdown.
    pub shutdown_timeout: Duration,
}

/// All routes of the server, with the layers around them.
fn router(state: AppState, options: &Options) -> Router {
    let api = Router::new()
        .route(
            "/graphql",
            get(graphql::get_or_upgrade)
                .post(graphql::handle)
                .fallback(graphql::other_methods),
        )
        .route(
            "/graphql/stream",
            get(graphql::stream)
                .post(graphql::stream)
                .fallback(graphql::other_methods),
        )
        .route(
            "/sessions/{id}/{file}",
            get(transcript::get).fallback(transcript::other_methods),
        )
        .route(
            "/sessions/{id}/transcript",
            post(transcript::upload::post).fallback(transcript::upload::other_methods),
        );
    let routes = cors::allow(api, options.cors_origins.clone())
        .route("/schema.graphql", get(schema))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .merge(playground::routes(
            options.playground,
            options.demo_sign_ins.clone(),
        ));
    let routes = if options.metrics_listener.is_none() {
        routes.route("/metrics", get(metrics))
    } else {
        routes
    };
    let mut routes = routes.fallback(not_found).with_state(state);
    if options.only_loopback {
        routes = routes.layer(middleware::from_fn(loopback::require));
    }
    layers::wrap(routes, options.tls.is_some())
}

/// The routes of the listener for metrics. An orchestrator can ask for the health there, too, where no
/// client takes the connections.
fn metrics_router(state: AppState) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(state)
}

/// The metrics, in Prometheus' text format.
async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let content_type = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (content_type, state.metrics.render(&state))
}

/// The schema in the GraphQL schema definition language, as text that browsers display. Not found
/// if introspection is off.
async fn schema(State(state): State<AppState>) -> Response {
    static SDL: LazyLock<String> = LazyLock::new(mina_graphql::sdl);
    if !state.engine.introspection_enabled() {
        return not_found().await.into_response();
    }
    let content_type = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (content_type, SDL.as_str()).into_response()
}

async fn not_found() -> impl IntoResponse {
    (
        StatusCode::NOT_FOUND,
        "Not found. The API is at /graphql.\n",
    )
}
