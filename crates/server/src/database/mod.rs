//! Connections to the database, and the state of its schema.

pub mod adopted;
pub mod contract;
mod error;
mod listening;
mod lock;
mod look;
mod notify;
pub mod paths;
mod pooler;
mod postgres;
mod schema;
mod sqlite;
mod stale_log;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use log::LevelFilter;
use mina_graphql::{Bus, Database, LocalBus};
use sea_orm::{DatabaseConnection, sqlx};

use self::notify::PostgresBus;
pub use self::{
    error::ConnectError, lock::MigrationLock, look::connect_to_look, schema::SchemaState,
    stale_log::has_log_of_another,
};
use crate::config::{DatabaseSettings, DatabaseUrl};
pub use postgres::LOCK_NAME;

/// How many statements may wait for a connection. This is far more than requests and subscriptions
/// have under way at once, because their own limits are reached first.
const WAITING: usize = 10_000;

/// What to do if a SQLite file does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingFile {
    /// Create an empty one.
    Create,
    /// Fail, because an empty database would only hide a wrong path.
    Fail,
}

/// Connects to the database in the settings. The database itself interrupts statements that take
/// longer than `statement_limit`.
///
/// # Errors
/// If it cannot be opened. The error says why.
pub async fn connect(
    settings: &DatabaseSettings,
    missing_file: MissingFile,
    statement_limit: Option<Duration>,
) -> Result<Database, ConnectError> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(path) => {
            let path = resolve(path)?;
            sqlite::connect(&path, settings, missing_file, statement_limit).await
        }
        DatabaseUrl::Postgres(url) => postgres::connect(url, settings, statement_limit).await,
    }
}

/// Opens the one connection of a command that changes the schema. The migrator needs it in the form
/// that SeaORM has.
///
/// # Errors
/// If the database cannot be opened. The error says why.
pub async fn connect_migrator(
    settings: &DatabaseSettings,
    missing_file: MissingFile,
) -> Result<DatabaseConnection, ConnectError> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(path) => {
            sqlite::connect_migrator(&resolve(path)?, settings, missing_file).await
        }
        DatabaseUrl::Postgres(url) => postgres::connect_migrator(url, settings).await,
    }
}

/// Rejects a SQLite file beside which there is the log of another one. It must not be open in this
/// process.
///
/// # Errors
/// If there is such a log, or the file cannot be found.
pub fn require_own_log(path: &Path) -> Result<(), ConnectError> {
    stale_log::check(&resolve(path)?)
}

/// The file that SQLite opens. Each check of it and of its logs needs its real name.
fn resolve(path: &Path) -> Result<PathBuf, ConnectError> {
    paths::resolve(path).map_err(|error| ConnectError::sqlite(path, error.into()))
}

/// How the nodes on one database notify each other of writes. On SQLite there is only one node.
pub fn bus(database: &Database) -> Arc<dyn Bus> {
    match database.reader.postgres_options() {
        Some(options) => PostgresBus::start(
            options.clone(),
            database.reader.is_pooled(),
            database.reader.closed(),
        ),
        None => Arc::new(LocalBus::default()),
    }
}

/// How many connections a node opens to PostgreSQL at most: its pools, one that listens for changes,
/// and one that cancels statements.
pub fn postgres_connections(settings: &DatabaseSettings) -> i64 {
    let (readers, writers) = postgres::sizes(settings.database_pool_size);
    i64::try_from(readers + writers + 2).unwrap_or(i64::MAX)
}

/// Closes all connections. The last one to a SQLite file empties its write-ahead log.
pub async fn close(database: &Database) {
    database.reader.close().await;
    database.writer.close().await;
}

/// Logs statements at debug level. `mina_graphql` logs the slow ones, because it knows which
/// operation they belong to.
fn logged<O: sqlx::ConnectOptions>(options: O) -> O {
    options
        .log_statements(LevelFilter::Debug)
        .log_slow_statements(LevelFilter::Off, Duration::MAX)
}
