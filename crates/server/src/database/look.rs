//! A connection that only looks: it changes nothing, not even the journal mode of a SQLite file that
//! another program owns.

use std::path::Path;

use sea_orm::{
    DatabaseConnection, SqlxSqliteConnector,
    sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{ConnectError, MissingFile, logged, postgres, resolve, sqlite, stale_log};
use crate::config::{DatabaseSettings, DatabaseUrl};

/// Opens one connection for reading.
///
/// # Errors
/// If the database does not exist or cannot be opened. The error says why.
pub async fn connect_to_look(
    settings: &DatabaseSettings,
) -> Result<DatabaseConnection, ConnectError> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(path) => look_at(&resolve(path)?).await,
        DatabaseUrl::Postgres(url) => postgres::connect_migrator(url, settings).await,
    }
}

async fn look_at(path: &Path) -> Result<DatabaseConnection, ConnectError> {
    sqlite::check_path(path, MissingFile::Fail)?;
    stale_log::check(path)?;
    let options = logged(SqliteConnectOptions::new())
        .filename(path)
        .read_only(true)
        .pragma("query_only", "on")
        .busy_timeout(sqlite::LOCK_TIMEOUT);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .map_err(|error| ConnectError::sqlite(path, error))?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}
