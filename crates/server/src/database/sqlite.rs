//! Connections to a SQLite file: many readers and one writer.

use std::{future::ready, path::Path, time::Duration};

use mina_graphql::{Database, Outage};
use sea_orm::{
    SqlxSqliteConnector,
    sqlx::{
        Connection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};

use super::{ConnectError, LOCK_TIMEOUT, MissingFile, clock, logged};
use crate::config::DatabaseSettings;

/// Opens the file.
///
/// # Errors
/// If it does not exist (unless it may be created), is not a SQLite database, or is not writable.
pub async fn connect(
    path: &Path,
    settings: &DatabaseSettings,
    missing_file: MissingFile,
    statement_limit: Option<Duration>,
) -> Result<Database, ConnectError> {
    check_path(path, missing_file)?;
    let options = logged(SqliteConnectOptions::new())
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(LOCK_TIMEOUT);
    // A connection to a file does not break, so there is nothing to test before it is used.
    let pool = SqlitePoolOptions::new()
        .acquire_timeout(settings.database_acquire_timeout)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                match statement_limit {
                    Some(limit) => clock::limit_statements(connection, limit).await,
                    None => Ok(()),
                }
            })
        })
        // SQLite rolls a transaction back by itself when the disk is full or it is interrupted. The
        // driver still counts it as open, and would make every later transaction a savepoint in one
        // that is never committed. No transaction can be open on an unused connection, so one that
        // is counted as open is a leftover, and the connection is closed.
        .before_acquire(|connection, _| Box::pin(ready(Ok(!connection.is_in_transaction()))));

    // With a write-ahead log, readers and the writer do not block each other. NORMAL is safe with
    // it: a power failure may lose the latest commits, but never corrupts the file.
    let writer_options = options
        .clone()
        .create_if_missing(missing_file == MissingFile::Create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let writer = pool
        .clone()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(writer_options)
        .await
        .map_err(|error| ConnectError::sqlite(path, error))?;

    // `query_only` also covers temporary tables, which a read-only file does not.
    let reader = pool
        .max_connections(settings.database_pool_size)
        .connect_with(options.read_only(true).pragma("query_only", "on"))
        .await
        .map_err(|error| ConnectError::sqlite(path, error))?;

    Ok(Database {
        outage: Outage::default(),
        reader: SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
        writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
    })
}

/// Explains what SQLite would only report as "unable to open database file".
fn check_path(path: &Path, missing_file: MissingFile) -> Result<(), ConnectError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if path.is_dir() {
        Err(ConnectError::Folder {
            path: path.to_owned(),
        })
    } else if !folder.is_dir() {
        Err(ConnectError::NoFolder {
            path: folder.to_owned(),
        })
    } else if missing_file == MissingFile::Fail && matches!(path.try_exists(), Ok(false)) {
        Err(ConnectError::NoFile {
            path: path.to_owned(),
        })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use sea_orm::ConnectionTrait;

    use super::*;

    #[derive(Parser)]
    struct OnlyDatabase {
        #[command(flatten)]
        database: DatabaseSettings,
    }

    async fn open(path: &Path, missing_file: MissingFile) -> Result<Database, ConnectError> {
        let settings = OnlyDatabase::parse_from(["test"]).database;
        connect(path, &settings, missing_file, None).await
    }

    #[tokio::test]
    async fn the_writer_writes_and_the_reader_sees_it_but_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("a.db"), MissingFile::Create)
            .await
            .unwrap();
        let writer = &database.writer;
        writer
            .execute_unprepared("CREATE TABLE t (id INTEGER)")
            .await
            .unwrap();
        let reader = &database.reader;
        reader.execute_unprepared("SELECT * FROM t").await.unwrap();
        let refused = reader.execute_unprepared("INSERT INTO t VALUES (1)").await;
        assert!(refused.unwrap_err().to_string().contains("readonly"));
    }

    #[tokio::test]
    async fn unusable_paths_are_distinguished() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a.db");
        let orphan = folder.path().join("b/a.db");
        let text = folder.path().join("text");
        std::fs::write(&text, "x".repeat(4096)).unwrap();
        for (path, expected) in [
            (missing.as_path(), "there is no database"),
            (folder.path(), "is a folder"),
            (orphan.as_path(), "does not exist"),
            (text.as_path(), "is not a SQLite database"),
        ] {
            let error = open(path, MissingFile::Fail).await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        assert!(!missing.exists());
    }
}
