//! The lock of those who change the schema. Nodes that start together migrate one after the other,
//! and all but the first find nothing left to do.

use std::{
    fs::{File, TryLockError},
    io,
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use tokio::time::sleep;

use crate::{
    command_error::CommandError,
    config::{DatabaseSettings, DatabaseUrl},
};

/// How often a lock is asked for that somebody else has.
const PAUSE: Duration = Duration::from_millis(200);

/// The number of the lock on PostgreSQL: the letters of the name.
const KEY: i64 = 0x6d69_6e61;

/// The lock. It ends with this value or, on PostgreSQL, with the connection.
pub struct MigrationLock {
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
    /// PostgreSQL fails.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl CommandError for LockError {}

impl MigrationLock {
    /// Waits for the lock, however long another migration takes.
    ///
    /// # Errors
    /// If the file or the database does not let itself be locked.
    pub async fn take(
        settings: &DatabaseSettings,
        database: &DatabaseConnection,
    ) -> Result<Self, LockError> {
        let file = match &settings.database_url {
            DatabaseUrl::Sqlite(path) if cfg!(unix) => {
                Some(File::options().read(true).write(true).open(path)?)
            }
            _ => None,
        };
        let mut is_waiting = false;
        while !is_taken(file.as_ref(), database).await? {
            if !is_waiting {
                eprintln!("waiting for another migration of this database");
                is_waiting = true;
            }
            sleep(PAUSE).await;
        }
        Ok(Self { _file: file })
    }
}

/// Takes the lock if nobody has it. A statement that waits for it would have a snapshot, for the end
/// of which `CREATE INDEX CONCURRENTLY` waits in turn.
async fn is_taken(file: Option<&File>, database: &DatabaseConnection) -> Result<bool, LockError> {
    if let Some(file) = file {
        return match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error.into()),
        };
    }
    if database.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let sql = format!("SELECT pg_try_advisory_lock({KEY}) AS is_taken");
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let row = database.query_one_raw(statement).await?;
    let taken = row.map(|row| row.try_get("", "is_taken")).transpose()?;
    Ok(taken.unwrap_or(false))
}
