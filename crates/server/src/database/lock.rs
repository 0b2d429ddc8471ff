//! The lock of those who change the schema. Nodes that start together migrate one after the other,
//! and all but the first find nothing left to do.

use std::{
    fs::{File, TryLockError},
    io,
    time::Duration,
};

use sea_orm::sqlx::{self, Executor, PgConnection, Row};
use tokio::time::sleep;

use super::{ConnectError, postgres};
use crate::{
    command_error::CommandError,
    config::{DatabaseSettings, DatabaseUrl},
};

/// How often a lock is asked for that somebody else has.
const PAUSE: Duration = Duration::from_millis(200);

/// The number of the lock on PostgreSQL: the letters of the name.
const KEY: i64 = 0x6d69_6e61;

/// Begins the transaction that holds the lock on PostgreSQL. It has no snapshot between its statements, for
/// the end of which `CREATE INDEX CONCURRENTLY` would wait, and it must not be ended because it is idle.
const BEGIN: &str = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0";

/// The lock. It ends with this value.
///
/// On PostgreSQL, it belongs to a transaction on a connection of its own, and not to a session: a pooler
/// might lend the session to others, with the lock.
pub struct MigrationLock {
    _connection: Option<PgConnection>,
    /// SQLite has locks of another kind on the file, which a process loses when it closes the file
    /// anywhere. So the database has to be closed before this.
    _file: Option<File>,
}

/// The lock could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The file cannot be locked.
    #[error("cannot lock the database file: {0}")]
    File(#[from] io::Error),
    /// PostgreSQL cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// PostgreSQL fails.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl CommandError for LockError {}

impl MigrationLock {
    /// Waits for the lock, however long another migration takes.
    ///
    /// # Errors
    /// If the file or the database does not let itself be locked.
    pub async fn take(settings: &DatabaseSettings) -> Result<Self, LockError> {
        let mut file = None;
        let mut connection = None;
        match &settings.database_url {
            DatabaseUrl::Sqlite(path) if cfg!(unix) => {
                file = Some(File::options().read(true).write(true).open(path)?);
            }
            DatabaseUrl::Sqlite(_) => {}
            DatabaseUrl::Postgres(url) => {
                connection = Some(postgres::connect_lock(url, settings).await?);
            }
        }
        let mut is_waiting = false;
        while !is_taken(file.as_ref(), connection.as_mut()).await? {
            if !is_waiting {
                eprintln!("waiting for another migration of this database");
                is_waiting = true;
            }
            sleep(PAUSE).await;
        }
        Ok(Self {
            _connection: connection,
            _file: file,
        })
    }
}

/// Takes the lock if nobody has it. A statement that waits for it would have a snapshot.
async fn is_taken(
    file: Option<&File>,
    connection: Option<&mut PgConnection>,
) -> Result<bool, LockError> {
    if let Some(file) = file {
        return match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error.into()),
        };
    }
    let Some(connection) = connection else {
        return Ok(true);
    };
    connection.execute(sqlx::raw_sql(BEGIN)).await?;
    let sql = format!("SELECT pg_try_advisory_xact_lock({KEY})");
    let row = connection
        .fetch_one(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)))
        .await?;
    let is_taken: bool = row.try_get(0)?;
    if !is_taken {
        connection.execute(sqlx::raw_sql("ROLLBACK")).await?;
    }
    Ok(is_taken)
}
