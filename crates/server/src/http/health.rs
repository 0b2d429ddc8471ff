//! `/health/live` and `/health/ready`, for load balancers and orchestrators.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use chrono::Utc;
use mina_graphql::Database;
use serde::Serialize;
use tokio::{
    runtime::Handle,
    sync::Mutex,
    time::{Instant, timeout},
};
use tracing::warn;

use super::AppState;
use crate::{backup::BackupHealth, database::SchemaState};

/// How long the database may take to answer. Probes commonly time out after a few seconds, and
/// must get a response before that. A database that is busy for a moment is no reason to send its
/// requests to other servers, which use the same one.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the result of a check is used.
const SHARED_FOR: Duration = Duration::from_secs(1);

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
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Readiness {
    status: &'static str,
    database: &'static str,
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<BackupHealth>,
}

/// Whether requests can be served: the server is not shutting down, and the database is reachable
/// and has the schema of this binary.
///
/// Backups that fail are reported, and are no reason to send requests elsewhere.
///
/// Database errors are only logged, because anyone may call this.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let readiness = if state.draining.has_begun() {
        // The state of the database does not matter any more.
        Readiness::new("draining", "unknown", "unknown")
    } else {
        state.readiness.read().await
    };
    let backup = state.backups.health(Utc::now());
    Readiness {
        backup,
        ..readiness
    }
    .answer()
}

/// Checks the database, one check at a time. Whoever asks within a second gets the same response, so
/// that probes cost the same however many there are.
#[derive(Clone)]
pub struct ReadinessCheck {
    database: Database,
    last: Arc<Mutex<Option<(Instant, Readiness)>>>,
    /// The runtime that the connections of the database belong to. Probes may come from another one.
    runtime: Handle,
}

impl ReadinessCheck {
    /// Checks this database, which is used on the current runtime.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            last: Arc::default(),
            runtime: Handle::current(),
        }
    }

    async fn read(&self) -> Readiness {
        let mut last = self.last.lock().await;
        if let Some((at, readiness)) = &*last
            && at.elapsed() < SHARED_FOR
        {
            return *readiness;
        }
        let database = self.database.clone();
        let check = self.runtime.spawn(async move { check(&database).await });
        let readiness = check.await.unwrap_or_else(|error| {
            warn!(%error, "not ready: the check failed");
            Readiness::new("unready", "unknown", "unknown")
        });
        *last = Some((Instant::now(), readiness));
        readiness
    }
}

async fn check(database: &Database) -> Readiness {
    if !database.is_in_place() {
        warn!("not ready: the database file was moved, deleted or replaced");
        return Readiness::new("unready", "replaced", "unknown");
    }
    let schema = timeout(DATABASE_TIMEOUT, SchemaState::read(&database.reader)).await;
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
    Readiness::new(status, database, schema)
}

impl Readiness {
    fn new(status: &'static str, database: &'static str, schema: &'static str) -> Self {
        Self {
            status,
            database,
            schema,
            backup: None,
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
