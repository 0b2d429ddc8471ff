//! Metrics for Prometheus.

use std::time::Duration;

use chrono::Utc;
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use mina_graphql::metric;
use tokio::time::sleep;

use super::shed::Shed;
use crate::http::AppState;

/// The number of answered GraphQL requests.
pub const REQUESTS: &str = "mina_requests_total";
/// The duration of GraphQL requests.
pub const REQUEST_DURATION: &str = "mina_request_duration_seconds";
/// The calculated cost of GraphQL requests.
pub const REQUEST_COST: &str = "mina_request_cost_points";
/// The number of requests over a rate limit.
pub const RATE_LIMITED: &str = "mina_rate_limited_total";
/// The number of requests, connections and streams that were turned away or cut off.
pub const SHED: &str = "mina_shed_total";

/// The number of backups that failed.
pub const BACKUP_FAILURES: &str = "mina_backup_failures_total";

const BACKUP_AGE: &str = "mina_backup_age_seconds";
const IN_FLIGHT: &str = "mina_requests_in_flight";
const WAITING: &str = "mina_requests_waiting";
const ANSWER_BYTES: &str = "mina_answer_bytes";
const OPEN_CONNECTIONS: &str = "mina_connections";
const STREAMS: &str = "mina_streams";
const CONNECTIONS: &str = "mina_database_connections";
const MAX_CONNECTIONS: &str = "mina_database_connections_max";
const DOCUMENTS: &str = "mina_document_cache_documents";
const BUILD: &str = "mina_build_info";

/// How often the samples of histograms are moved to their buckets if nobody scrapes the metrics.
const UPKEEP: Duration = Duration::from_secs(5);

const SECONDS: &[f64] = &[
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
const COUNTS: &[f64] = &[
    1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0,
];

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts to record metrics.
    ///
    /// # Errors
    /// If this process already records metrics.
    pub fn start() -> Result<Self, BuildError> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
            .set_buckets_for_metric(Matcher::Full(REQUEST_COST.to_owned()), COUNTS)?
            .set_buckets_for_metric(Matcher::Full(metric::LOADER_BATCH_KEYS.to_owned()), COUNTS)?
            .install_recorder()?;
        describe();
        begin_at_zero();
        let upkeep = handle.clone();
        tokio::spawn(async move {
            loop {
                sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        });
        Ok(Self(handle))
    }

    /// The current metrics, in Prometheus' text format.
    pub fn render(&self, state: &AppState) -> String {
        gauge!(IN_FLIGHT).set(to_u32(state.admission.taken()));
        gauge!(WAITING).set(to_u32(state.admission.waiting()));
        gauge!(ANSWER_BYTES).set(to_u32(state.engine.answer_memory().taken()));
        gauge!(OPEN_CONNECTIONS).set(to_u32(state.connections.open()));
        gauge!(STREAMS).set(to_u32(state.streams.open()));
        gauge!(BACKUP_AGE).set(state.backups.age_seconds(Utc::now()));
        gauge!(DOCUMENTS).set(to_u32(state.engine.cached_documents()));
        let database = state.engine.database();
        for (name, pool) in [
            ("reader", database.reader.usage()),
            ("writer", database.writer.usage()),
        ] {
            let busy = pool.open.saturating_sub(pool.idle);
            gauge!(CONNECTIONS, "pool" => name, "state" => "idle").set(to_u32(pool.idle));
            gauge!(CONNECTIONS, "pool" => name, "state" => "busy").set(to_u32(busy));
            gauge!(MAX_CONNECTIONS, "pool" => name).set(to_u32(pool.limit));
        }
        self.0.render()
    }
}

fn describe() {
    describe_counter!(REQUESTS, "GraphQL requests answered");
    describe_histogram!(
        REQUEST_DURATION,
        Unit::Seconds,
        "Time from the head of a GraphQL request to its response"
    );
    describe_histogram!(
        REQUEST_COST,
        "Cost of operations in points, calculated before they are executed"
    );
    describe_counter!(
        RATE_LIMITED,
        "Requests rejected and events delayed because of a rate limit"
    );
    describe_counter!(
        SHED,
        "Requests, connections and streams turned away or cut off, by reason"
    );
    describe_counter!(
        BACKUP_FAILURES,
        "Backups that could not be taken, and old ones that could not be deleted"
    );
    describe_gauge!(
        BACKUP_AGE,
        Unit::Seconds,
        "Age of the latest backup; +Inf if there is none, NaN if the server takes none"
    );
    describe_gauge!(IN_FLIGHT, "GraphQL requests being answered");
    describe_gauge!(WAITING, "GraphQL requests waiting to be answered");
    describe_gauge!(
        ANSWER_BYTES,
        Unit::Bytes,
        "Memory of answers that are being built or sent"
    );
    describe_gauge!(OPEN_CONNECTIONS, "Open connections of clients");
    describe_gauge!(
        STREAMS,
        "Open WebSockets, event streams and downloads of transcripts"
    );
    describe_gauge!(CONNECTIONS, "Open database connections");
    describe_gauge!(MAX_CONNECTIONS, "Limit on open database connections");
    describe_gauge!(DOCUMENTS, "Documents in the cache of validated documents");
    describe_counter!(metric::DOCUMENT_CACHE_HITS, "Documents found in the cache");
    describe_counter!(
        metric::DOCUMENT_CACHE_MISSES,
        "Documents that had to be parsed and validated"
    );
    describe_counter!(metric::SQL_STATEMENTS, "SQL statements");
    describe_counter!(metric::SQL_ROWS, "Rows read for responses");
    describe_histogram!(
        metric::SQL_STATEMENT_DURATION,
        Unit::Seconds,
        "Duration of SQL statements"
    );
    describe_counter!(
        metric::SLOW_STATEMENTS,
        "SQL statements slower than slow_statement"
    );
    describe_histogram!(
        metric::LOADER_BATCH_KEYS,
        "Keys loaded by one statement of a data loader"
    );
    describe_counter!(
        metric::PASSWORD_HASHES,
        "Passwords hashed or checked with bcrypt"
    );
    describe_counter!(
        metric::RETENTION_SESSIONS,
        "Sessions deleted because they were older than their workspace keeps transcripts"
    );
    describe_counter!(
        metric::RETENTION_FAILURES,
        "Attempts to delete old transcripts that failed"
    );
    describe_gauge!(metric::SUBSCRIBERS, "Open subscriptions");
    describe_counter!(
        metric::EVENT_RENDERINGS,
        "Renderings of events, each for all subscribers who get the same"
    );
    describe_gauge!(
        metric::BUS_LAG,
        Unit::Seconds,
        "Time from a commit to the delivery of its event"
    );
    describe_gauge!(BUILD, "Always 1, labelled with the version of this mina");
}

/// Initializes the metrics. A series that appears only with its first event looks like a server that
/// is not monitored.
fn begin_at_zero() {
    for name in [
        metric::DOCUMENT_CACHE_HITS,
        metric::DOCUMENT_CACHE_MISSES,
        metric::SQL_ROWS,
        metric::SLOW_STATEMENTS,
        metric::PASSWORD_HASHES,
        metric::EVENT_RENDERINGS,
        metric::RETENTION_SESSIONS,
        metric::RETENTION_FAILURES,
        BACKUP_FAILURES,
    ] {
        counter!(name).absolute(0);
    }
    for source in [metric::REQUESTS, metric::JOURNAL] {
        counter!(metric::SQL_STATEMENTS, "source" => source).absolute(0);
    }
    for by in ["viewer", "address"] {
        counter!(RATE_LIMITED, "by" => by).absolute(0);
    }
    Shed::begin_at_zero();
    gauge!(metric::SUBSCRIBERS).set(0);
    gauge!(metric::BUS_LAG).set(0);
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1);
    // Histograms are only registered, because a first sample would be a false one.
    drop((
        histogram!(metric::LOADER_BATCH_KEYS),
        histogram!(REQUEST_COST),
    ));
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
