//! `/health/live` and `/health/ready`, for load balancers and orchestrators.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use tokio::time::timeout;
use tracing::warn;

use super::AppState;
use crate::database::SchemaState;

/// How long the database may take to answer. Probes commonly time out after a few seconds, and
/// must get a response before that.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// The response of `/health/live`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Liveness {
    status: &'static str,
    version: &'static str,
    uptime_seconds: u64,
}

/// Whether the process runs. The database is not checked, because a restart would not fix it.
pub async fn live(State(state): State<AppState>) -> Json<Liveness> {
    Json(Liveness {
        status: "live",
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: state.started_at.elapsed().as_secs(),
    })
}

/// The response of `/health/ready`.
#[derive(Debug, Serialize)]
pub struct Readiness {
    status: &'static str,
    database: &'static str,
    schema: &'static str,
}

/// Whether requests can be served: the server is not shutting down, and the database is reachable
/// and has the schema of this binary.
///
/// Database errors are only logged, because anyone may call this.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    if state.draining.has_begun() {
        // The state of the database does not matter any more.
        return Readiness::new("draining", "unknown", "unknown").answer();
    }
    let schema = timeout(
        DATABASE_TIMEOUT,
        SchemaState::read(&state.engine.database().reader),
    )
    .await;
    let (status, database, schema) = match schema {
        Ok(Ok(schema)) => match schema.require_current() {
            Ok(()) => ("ready", "reachable", "current"),
            Err(error) => {
                warn!(%error, "not ready");
                ("unready", "reachable", "outdated")
            }
        },
        Ok(Err(error)) => {
            warn!(%error, "not ready: cannot query the database");
            ("unready", "unreachable", "unknown")
        }
        Err(_) => {
            warn!("not ready: the database did not respond within {DATABASE_TIMEOUT:?}");
            ("unready", "unreachable", "unknown")
        }
    };
    Readiness::new(status, database, schema).answer()
}

impl Readiness {
    fn new(status: &'static str, database: &'static str, schema: &'static str) -> Self {
        Self {
            status,
            database,
            schema,
        }
    }

    fn answer(self) -> (StatusCode, Json<Self>) {
        let code = match self.status {
            "ready" => StatusCode::OK,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        (code, Json(self))
    }
}
