//! Connections to a SQLite file: many readers and one writer.

use std::{num::NonZero, path::Path, thread::available_parallelism, time::Duration};

use mina_graphql::{Bounds, Connect, Database, Outage, PoolOptions, Reader, Writer};
use sea_orm::{
    DatabaseConnection, SqlxSqliteConnector,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{ConnectError, MissingFile, WAITING, logged};
use crate::config::DatabaseSettings;

/// How long a statement waits for the file if another process such as a backup locks it. The client
/// is then told to retry.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How many rows a connection reads ahead of the request that takes them. Each time the thread of
/// the connection waits for the request, both have to be woken again. These rows are in no meter, so
/// there are only so many: a row can have several texts of 256 KiB.
const ROW_BUFFER: usize = 50;

/// How many connections read at once at most. Each has a thread and a cache of its own, and what
/// they read is mostly in memory, so more would only take the processors from each other.
const READERS_PER_CORE: usize = 4;

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
    let pool = |options, bounds| PoolOptions {
        connect: Connect::Sqlite(options),
        bounds,
        acquire_timeout: settings.database_acquire_timeout,
        statement_limit,
        slow_statement: settings.slow_statement,
        outage: Outage::default(),
    };
    let failed = |error| ConnectError::sqlite(path, error);

    let writer = Writer::new(pool(
        writer_options(path, missing_file),
        Bounds::new(1, WAITING),
    ))
    .map_err(failed)?;
    writer.try_connect().await.map_err(failed)?;

    // `query_only` also covers temporary tables, which a read-only file does not.
    let options = options(path).read_only(true).pragma("query_only", "on");
    let cores = available_parallelism().map_or(1, NonZero::get);
    let readers = (settings.database_pool_size as usize).min(READERS_PER_CORE * cores);
    // One is for the server itself, if there are enough.
    let bounds = Bounds::new(readers, WAITING).with_reserved(usize::from(readers > 2));
    let reader = Reader::new(pool(options, bounds)).map_err(failed)?;
    reader.try_connect().await.map_err(failed)?;

    Ok(Database {
        outage: Outage::default(),
        reader,
        writer,
    })
}

/// Opens one connection for the migrator.
///
/// # Errors
/// See [`connect`].
pub async fn connect_migrator(
    path: &Path,
    missing_file: MissingFile,
) -> Result<DatabaseConnection, ConnectError> {
    check_path(path, missing_file)?;
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(writer_options(path, missing_file))
        .await
        .map_err(|error| ConnectError::sqlite(path, error))?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// How every connection is opened.
fn options(path: &Path) -> SqliteConnectOptions {
    logged(SqliteConnectOptions::new())
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(LOCK_TIMEOUT)
        .row_buffer_size(ROW_BUFFER)
}

/// How the connection that writes is opened.
fn writer_options(path: &Path, missing_file: MissingFile) -> SqliteConnectOptions {
    // With a write-ahead log, readers and the writer do not block each other. NORMAL is safe with
    // it: a power failure may lose the latest commits, but never corrupts the file.
    options(path)
        .create_if_missing(missing_file == MissingFile::Create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
}

/// Explains what SQLite would only report as "unable to open database file".
pub(super) fn check_path(path: &Path, missing_file: MissingFile) -> Result<(), ConnectError> {
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
