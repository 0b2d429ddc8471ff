//! Connections to the database, and the state of its schema.

mod clock;
mod error;
mod listening;
mod notify;
mod postgres;
mod schema;
mod sqlite;

use std::{sync::Arc, time::Duration};

use log::LevelFilter;
use mina_graphql::{Bus, Database, LocalBus};
use sea_orm::{DbBackend, DbErr, sqlx};

use self::notify::PostgresBus;
pub use self::{clock::statement_clock, error::ConnectError, schema::SchemaState};
use crate::config::{DatabaseSettings, DatabaseUrl};

/// How long a statement waits for a lock: for the whole file on SQLite, if another process such as a
/// backup holds it, and for rows on PostgreSQL. The client is then told to retry.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

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
    let mut database = match &settings.database_url {
        DatabaseUrl::Sqlite(path) => {
            sqlite::connect(path, settings, missing_file, statement_limit).await?
        }
        DatabaseUrl::Postgres(url) => postgres::connect(url, settings, statement_limit).await?,
    };
    mina_graphql::observe(&mut database, settings.slow_statement);
    Ok(database)
}

/// How the nodes on one database notify each other of writes. On SQLite there is only one node.
pub fn bus(database: &Database) -> Arc<dyn Bus> {
    match database.backend() {
        DbBackend::Postgres => PostgresBus::start(database.reader.get_postgres_connection_pool()),
        _ => Arc::new(LocalBus::default()),
    }
}

/// Closes all connections. The last one to a SQLite file empties its write-ahead log.
///
/// # Errors
/// If the driver cannot close them.
pub async fn close(database: &Database) -> Result<(), DbErr> {
    database.reader.clone().close().await?;
    database.writer.clone().close().await
}

/// Logs statements at debug level. [`mina_graphql::observe`] logs the slow ones, because it knows
/// which operation they belong to.
fn logged<O: sqlx::ConnectOptions>(options: O) -> O {
    options
        .log_statements(LevelFilter::Debug)
        .log_slow_statements(LevelFilter::Off, Duration::MAX)
}
