//! What happens when another program holds a lock that a migration needs.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};

use crate::command_error::CommandError;

/// The code of PostgreSQL for a lock that was not available in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The primary codes of SQLite for a file that another program has locked: busy, and locked.
const BUSY: [u32; 2] = [5, 6];

/// A migration that failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// Another program held a lock for too long.
    #[error("another program holds a lock on the database{0}")]
    Locked(String),
    /// The database fails.
    #[error(transparent)]
    Database(DbErr),
}

impl CommandError for MigrationError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Locked(_) => Some(
                "end its transaction and run the command again; what was done is kept, and it goes on \
                 from there"
                    .to_owned(),
            ),
            Self::Database(_) => None,
        }
    }
}

impl MigrationError {
    /// Explains why a migration failed.
    pub async fn of(error: DbErr, database: &DatabaseConnection) -> Self {
        if !is_lock(&error) {
            return Self::Database(error);
        }
        if database.get_database_backend() != DbBackend::Postgres {
            return Self::Locked(String::new());
        }
        let sql =
            "SELECT concat(': process ', pid, ' (', application_name, '), in a transaction since ',
                date_trunc('second', xact_start)) AS holder
            FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND xact_start < now() - interval '5 seconds' AND application_name <> $1
            ORDER BY xact_start LIMIT 1";
        let holder = Statement::from_sql_and_values(
            DbBackend::Postgres,
            sql,
            [crate::database::LOCK_NAME.into()],
        );
        let row = database.query_one_raw(holder).await.ok().flatten();
        let holder = row.and_then(|row| row.try_get("", "holder").ok());
        Self::Locked(holder.unwrap_or_default())
    }
}

/// Whether the database gave up waiting for a lock.
fn is_lock(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    let Some(error) = error.as_database_error() else {
        return false;
    };
    error.code().is_some_and(|code| {
        let primary = code.parse::<u32>().map(|code| code & 0xff);
        code == LOCK_NOT_AVAILABLE || primary.is_ok_and(|code| BUSY.contains(&code))
    })
}
