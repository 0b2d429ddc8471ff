//! Metrics, as Prometheus reads them.

use std::time::Duration;

use graphql::{Database, metric};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use sea_orm::DbBackend;
use tokio::time::sleep;

use crate::http::AppState;

/// GraphQL requests that have been answered.
pub const REQUESTS: &str = "mina_requests_total";
/// How long they took.
pub const REQUEST_DURATION: &str = "mina_request_duration_seconds";
/// What they may have cost.
pub const REQUEST_COST: &str = "mina_request_cost_points";
/// Requests for which somebody had no points left.
pub const RATE_LIMITED: &str = "mina_rate_limited_total";

const IN_FLIGHT: &str = "mina_requests_in_flight";
const CONNECTIONS: &str = "mina_database_connections";
const MOST_CONNECTIONS: &str = "mina_database_connections_max";
const DOCUMENTS: &str = "mina_document_cache_documents";
const BUILD: &str = "mina_build_info";

/// How often what histograms have collected is put in its buckets, where nobody asks for it.
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
    /// Begins to measure.
    ///
    /// # Errors
    /// If something is measured in this process already.
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

    /// The metrics as they are now, in Prometheus' text format.
    pub fn render(&self, state: &AppState) -> String {
        gauge!(IN_FLIGHT).set(state.admission.taken());
        gauge!(DOCUMENTS).set(to_u32(state.engine.documents_kept()));
        for (name, pool) in pools(state.engine.database()) {
            let busy = pool.open.saturating_sub(pool.idle);
            gauge!(CONNECTIONS, "pool" => name, "state" => "idle").set(pool.idle);
            gauge!(CONNECTIONS, "pool" => name, "state" => "busy").set(busy);
            gauge!(MOST_CONNECTIONS, "pool" => name).set(pool.most);
        }
        self.0.render()
    }
}

fn describe() {
    describe_counter!(REQUESTS, "GraphQL requests answered");
    describe_histogram!(
        REQUEST_DURATION,
        Unit::Seconds,
        "Time from the head of a GraphQL request to its answer"
    );
    describe_histogram!(
        REQUEST_COST,
        "Cost of operations before they are executed, in points"
    );
    describe_counter!(
        RATE_LIMITED,
        "Requests refused because somebody had no points left"
    );
    describe_gauge!(IN_FLIGHT, "GraphQL requests being answered");
    describe_gauge!(CONNECTIONS, "Open connections to the database");
    describe_gauge!(
        MOST_CONNECTIONS,
        "Connections to the database that may be open"
    );
    describe_gauge!(DOCUMENTS, "Documents kept parsed and validated");
    describe_counter!(
        metric::DOCUMENT_CACHE_HITS,
        "Documents that were kept ready"
    );
    describe_counter!(
        metric::DOCUMENT_CACHE_MISSES,
        "Documents that had to be parsed and validated"
    );
    describe_counter!(metric::SQL_STATEMENTS, "SQL statements");
    describe_counter!(metric::SQL_ROWS, "Rows read for answers");
    describe_histogram!(
        metric::SQL_STATEMENT_DURATION,
        Unit::Seconds,
        "Time of SQL statements"
    );
    describe_counter!(
        metric::SLOW_STATEMENTS,
        "SQL statements slower than slow_statement"
    );
    describe_histogram!(
        metric::LOADER_BATCH_KEYS,
        "Keys that one statement of a loader is for"
    );
    describe_gauge!(metric::SUBSCRIBERS, "Open subscriptions");
    describe_gauge!(
        metric::BUS_LAG,
        Unit::Seconds,
        "Time from a commit to the event that tells of it"
    );
    describe_gauge!(BUILD, "1, with the version of this mina");
}

/// A series that is missing until something happens looks like a server that is not watched.
fn begin_at_zero() {
    for name in [
        metric::DOCUMENT_CACHE_HITS,
        metric::DOCUMENT_CACHE_MISSES,
        metric::SQL_ROWS,
        metric::SLOW_STATEMENTS,
    ] {
        counter!(name).absolute(0);
    }
    for source in [metric::REQUESTS, metric::JOURNAL] {
        counter!(metric::SQL_STATEMENTS, "source" => source).absolute(0);
    }
    for by in ["viewer", "address"] {
        counter!(RATE_LIMITED, "by" => by).absolute(0);
    }
    gauge!(metric::SUBSCRIBERS).set(0);
    gauge!(metric::BUS_LAG).set(0);
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1);
    // Histograms appear with their first value, which must not be an invented one.
    drop((
        histogram!(metric::LOADER_BATCH_KEYS),
        histogram!(REQUEST_COST),
    ));
}

/// How full a pool is.
struct Pool {
    open: u32,
    idle: u32,
    most: u32,
}

fn pools(database: &Database) -> Vec<(&'static str, Pool)> {
    let pool = |open, idle, most| Pool {
        open,
        idle: to_u32(idle),
        most,
    };
    match database.backend() {
        DbBackend::Postgres => {
            let of = database.reader.get_postgres_connection_pool();
            let most = of.options().get_max_connections();
            vec![("reader", pool(of.size(), of.num_idle(), most))]
        }
        _ => [("reader", &database.reader), ("writer", &database.writer)]
            .into_iter()
            .map(|(name, connection)| {
                let of = connection.get_sqlite_connection_pool();
                let most = of.options().get_max_connections();
                (name, pool(of.size(), of.num_idle(), most))
            })
            .collect(),
    }
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
