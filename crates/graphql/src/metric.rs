//! The names of the metrics of this crate. Their descriptions for operators are in the server.

/// SQL statements, by `source`: [`REQUESTS`] or [`JOURNAL`].
pub const SQL_STATEMENTS: &str = "mina_sql_statements_total";
/// The source of statements for requests.
pub const REQUESTS: &str = "requests";
/// The source of statements of the task that reads the journal for subscriptions.
pub const JOURNAL: &str = "journal";
/// Rows read.
pub const SQL_ROWS: &str = "mina_sql_rows_total";
/// The duration of statements in seconds, by `source`.
pub const SQL_STATEMENT_DURATION: &str = "mina_sql_statement_duration_seconds";
/// Statements slower than the configured limit.
pub const SLOW_STATEMENTS: &str = "mina_slow_statements_total";
/// The number of keys in a batch of a loader.
pub const LOADER_BATCH_KEYS: &str = "mina_loader_batch_keys";
/// Open subscriptions.
pub const SUBSCRIBERS: &str = "mina_subscribers";
/// Renderings of events, each of several events at once for all subscribers who get the same.
pub const EVENT_RENDERINGS: &str = "mina_event_renderings_total";
/// Seconds from a change to its delivery.
pub const BUS_LAG: &str = "mina_bus_lag_seconds";
/// Documents that were found in the cache.
pub const DOCUMENT_CACHE_HITS: &str = "mina_document_cache_hits_total";
/// Documents that were not in the cache, and had to be parsed and validated.
pub const DOCUMENT_CACHE_MISSES: &str = "mina_document_cache_misses_total";
/// Passwords that were hashed or checked.
pub const PASSWORD_HASHES: &str = "mina_password_hashes_total";
/// Sessions that were deleted because their workspace keeps transcripts for a limited time.
pub const RETENTION_SESSIONS: &str = "mina_retention_sessions_total";
/// Attempts to delete such sessions that failed.
pub const RETENTION_FAILURES: &str = "mina_retention_failures_total";
