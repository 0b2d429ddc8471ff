//! Connections to a SQLite file: many readers and one writer.

use std::{
    num::NonZero,
    path::Path,
    sync::{Arc, Weak},
    thread::available_parallelism,
    time::Duration,
};

use mina_graphql::{Bounds, Connect, Database, DatabaseFile, Outage, PoolOptions, Reader, Writer};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, SqlxSqliteConnector, TransactionTrait,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::sleep;

use super::{ConnectError, MissingFile, WAITING, logged, paths::folder_of, stale_log};
use crate::config::{DatabaseSettings, Durability};

/// How often to check that the file is in its place. Each commit checks it, too.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

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
    stale_log::check(path)?;
    let file = Arc::new(DatabaseFile::new(path));
    let pool = |options, bounds| PoolOptions {
        connect: Connect::Sqlite(options),
        bounds,
        acquire_timeout: settings.database_acquire_timeout,
        statement_limit,
        slow_statement: settings.slow_statement,
        outage: Outage::default(),
        file: Some(Arc::clone(&file)),
    };
    let failed = |error| ConnectError::sqlite(path, error);

    let writer = Writer::new(pool(
        writer_options(path, settings, missing_file),
        Bounds::new(1, WAITING),
    ))
    .map_err(failed)?;
    writer.try_connect().await.map_err(failed)?;
    if let Err(error) = try_write(&writer).await {
        ConnectError::require_writable(path, &error)?;
    }

    // `query_only` also covers temporary tables, which a read-only file does not.
    let options = options(path).read_only(true).pragma("query_only", "on");
    let cores = available_parallelism().map_or(1, NonZero::get);
    let readers = (settings.database_pool_size as usize).min(READERS_PER_CORE * cores);
    // One is for the server itself, if there are enough.
    let bounds = Bounds::new(readers, WAITING).with_reserved(usize::from(readers > 2));
    let reader = Reader::new(pool(options, bounds)).map_err(failed)?;
    reader.try_connect().await.map_err(failed)?;
    file.check();
    tokio::spawn(watch(Arc::downgrade(&file)));

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
    settings: &DatabaseSettings,
    missing_file: MissingFile,
) -> Result<DatabaseConnection, ConnectError> {
    check_path(path, missing_file)?;
    stale_log::check(path)?;
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(writer_options(path, settings, missing_file))
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
fn writer_options(
    path: &Path,
    settings: &DatabaseSettings,
    missing_file: MissingFile,
) -> SqliteConnectOptions {
    // With a write-ahead log, readers and the writer do not block each other. NORMAL is safe with
    // it: a power failure may lose the latest commits, but never corrupts the file.
    let synchronous = match settings.durability {
        Durability::Normal => SqliteSynchronous::Normal,
        Durability::Full => SqliteSynchronous::Full,
    };
    options(path)
        .create_if_missing(missing_file == MissingFile::Create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
}

/// Writes something and takes it back. A file that can only be read is opened without an error, and
/// even a transaction begins on it.
async fn try_write(writer: &Writer) -> Result<(), DbErr> {
    let transaction = writer.begin().await?;
    let written = transaction
        .execute_unprepared("PRAGMA user_version = 0")
        .await;
    transaction.rollback().await?;
    written.map(drop)
}

/// Checks again and again that the file is in its place, as long as it is open.
async fn watch(file: Weak<DatabaseFile>) {
    loop {
        sleep(CHECK_INTERVAL).await;
        let Some(file) = file.upgrade() else { return };
        file.check();
    }
}

/// Explains what SQLite would only report as "unable to open database file".
pub(super) fn check_path(path: &Path, missing_file: MissingFile) -> Result<(), ConnectError> {
    let folder = folder_of(path);
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
