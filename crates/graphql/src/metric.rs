//! The names of what this crate measures. What they mean is said where they are described, in the
//! server.

/// SQL statements, by their `source`: [`REQUESTS`] or [`JOURNAL`].
pub const SQL_STATEMENTS: &str = "mina_sql_statements_total";
/// The source of statements that run for clients.
pub const REQUESTS: &str = "requests";
/// The source of the statements of the task that reads the journal for subscriptions.
pub const JOURNAL: &str = "journal";
/// Rows read.
pub const SQL_ROWS: &str = "mina_sql_rows_total";
/// Seconds that statements take, by their `source`.
pub const SQL_STATEMENT_DURATION: &str = "mina_sql_statement_duration_seconds";
/// Statements that take longer than is set.
pub const SLOW_STATEMENTS: &str = "mina_slow_statements_total";
/// Keys that a loader is given at once.
pub const LOADER_BATCH_KEYS: &str = "mina_loader_batch_keys";
/// Open subscriptions.
pub const SUBSCRIBERS: &str = "mina_subscribers";
/// Seconds from a change to when it is told.
pub const BUS_LAG: &str = "mina_bus_lag_seconds";
/// Documents that were kept ready.
pub const DOCUMENT_CACHE_HITS: &str = "mina_document_cache_hits_total";
/// Documents that had to be parsed and validated.
pub const DOCUMENT_CACHE_MISSES: &str = "mina_document_cache_misses_total";
