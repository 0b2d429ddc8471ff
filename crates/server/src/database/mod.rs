//! Reaching the database: connections, and the schema it has.

mod error;
mod postgres;
mod schema;
mod sqlite;

use graphql::Database;
use log::LevelFilter;
use sea_orm::{DbErr, sqlx};

pub use self::{error::ConnectError, schema::SchemaState};
use crate::config::{DatabaseSettings, DatabaseUrl};

/// What to do about a SQLite file that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingFile {
    /// Create it, empty.
    Create,
    /// Refuse, since an empty database would only hide a mistaken path.
    Refuse,
}

/// Connects to the database of the settings.
///
/// # Errors
/// If it cannot be reached or opened; the error says why.
pub async fn connect(
    settings: &DatabaseSettings,
    missing_file: MissingFile,
) -> Result<Database, ConnectError> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(path) => sqlite::connect(path, settings, missing_file).await,
        DatabaseUrl::Postgres(url) => postgres::connect(url, settings).await,
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

/// Statements are logged at debug, and slow ones as warnings.
fn logged<O: sqlx::ConnectOptions>(options: O, settings: &DatabaseSettings) -> O {
    options
        .log_statements(LevelFilter::Debug)
        .log_slow_statements(LevelFilter::Warn, settings.slow_statement)
}
