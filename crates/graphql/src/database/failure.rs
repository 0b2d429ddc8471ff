//! What an error of the database driver means.

use std::sync::Arc;

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, error::DatabaseError},
};

use crate::error::{Error, failure::Failure};

impl From<DbErr> for Error {
    fn from(source: DbErr) -> Self {
        Self::Database {
            failure: Failure::of(&source),
            source: Arc::new(source),
        }
    }
}

/// The meanings of PostgreSQL errors, by the beginnings of their codes.
///
/// Source: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
const POSTGRES: [(&str, Failure); 18] = [
    // Serialization failures and deadlocks.
    ("40001", Failure::Contention),
    ("40P01", Failure::Contention),
    // Violated foreign keys or unique constraints: the transaction checked these before it wrote,
    // so another one must have written in between.
    ("23503", Failure::Conflict),
    ("23505", Failure::Conflict),
    // Connection exceptions; the server is shutting down, has crashed or is starting; an idle
    // session was terminated.
    ("08", Failure::Unreachable),
    ("57P01", Failure::Unreachable),
    ("57P02", Failure::Unreachable),
    ("57P03", Failure::Unreachable),
    ("57P05", Failure::Unreachable),
    ("25006", Failure::Unreachable),
    // Too many connections, a configured limit exceeded.
    ("53300", Failure::Busy),
    ("53400", Failure::Busy),
    // A lock was not available in time.
    ("55P03", Failure::Locked),
    // Disk full, out of memory.
    ("53", Failure::StorageFull),
    ("58030", Failure::StorageFull),
    // Timeouts of a statement, of an idle transaction and of a transaction.
    ("57014", Failure::TimedOut),
    ("25P03", Failure::TimedOut),
    ("25P04", Failure::TimedOut),
];

/// The meanings of SQLite errors, by the extended code or else by the primary one.
///
/// Source: <https://www.sqlite.org/rescode.html>.
const SQLITE: [(u32, Failure); 12] = [
    (5, Failure::Busy),         // BUSY
    (6, Failure::Busy),         // LOCKED
    (7, Failure::StorageFull),  // NOMEM
    (8, Failure::ReadOnly),     // READONLY
    (9, Failure::TimedOut),     // INTERRUPT
    (10, Failure::StorageFull), // IOERR
    (13, Failure::StorageFull), // FULL
    (14, Failure::Unreachable), // CANTOPEN
    (17, Failure::Contention),  // SCHEMA
    (787, Failure::Conflict),   // CONSTRAINT_FOREIGNKEY
    (1555, Failure::Conflict),  // CONSTRAINT_PRIMARYKEY
    (2067, Failure::Conflict),  // CONSTRAINT_UNIQUE
];

impl Failure {
    /// The meaning of an error.
    pub(crate) fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) => Self::Busy,
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => Self::of_driver(error),
            DbErr::Conn(_) => Self::Unreachable,
            _ => Self::Unexpected,
        }
    }

    fn of_driver(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::of_database(&**error),
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unreachable,
            _ => Self::Unexpected,
        }
    }

    fn of_database(error: &dyn DatabaseError) -> Self {
        let code = error.code().unwrap_or_default();
        if error
            .try_downcast_ref::<sqlx::sqlite::SqliteError>()
            .is_some()
        {
            Self::of_sqlite(&code)
        } else {
            Self::of_postgres(&code)
        }
    }

    fn of_postgres(code: &str) -> Self {
        let known = POSTGRES.iter().find(|(prefix, _)| code.starts_with(prefix));
        known.map_or(Self::Unexpected, |(_, failure)| *failure)
    }

    /// The lowest byte of an extended code is the primary one.
    fn of_sqlite(code: &str) -> Self {
        let code = code.parse::<u32>().unwrap_or_default();
        let known = |code| SQLITE.iter().find(move |(known, _)| *known == code);
        let known = known(code).or_else(|| known(code & 0xFF));
        known.map_or(Self::Unexpected, |(_, failure)| *failure)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnAcquireErr;

    use super::*;

    #[test]
    fn codes_have_a_meaning() {
        for (code, expected) in [
            ("08006", Failure::Unreachable),
            ("57P01", Failure::Unreachable),
            ("57014", Failure::TimedOut),
            ("53100", Failure::StorageFull),
            ("53300", Failure::Busy),
            ("40001", Failure::Contention),
            ("40P01", Failure::Contention),
            ("55P03", Failure::Locked),
            ("23505", Failure::Conflict),
            ("23514", Failure::Unexpected),
            ("42601", Failure::Unexpected),
            ("", Failure::Unexpected),
        ] {
            assert_eq!(Failure::of_postgres(code), expected, "{code}");
        }
        for (code, expected) in [
            ("5", Failure::Busy),
            ("517", Failure::Busy),
            ("13", Failure::StorageFull),
            ("778", Failure::StorageFull),
            ("8", Failure::ReadOnly),
            ("1032", Failure::ReadOnly),
            ("9", Failure::TimedOut),
            ("17", Failure::Contention),
            ("2067", Failure::Conflict),
            ("275", Failure::Unexpected),
            ("1", Failure::Unexpected),
            ("", Failure::Unexpected),
        ] {
            assert_eq!(Failure::of_sqlite(code), expected, "{code}");
        }
    }

    #[test]
    fn errors_of_the_driver_have_a_meaning() {
        let query = |error: sqlx::Error| DbErr::Query(RuntimeErr::SqlxError(error.into()));
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        for (error, expected) in [
            (query(sqlx::Error::Io(reset)), Failure::Unreachable),
            (query(sqlx::Error::PoolTimedOut), Failure::Busy),
            (query(sqlx::Error::WorkerCrashed), Failure::Unreachable),
            (query(sqlx::Error::RowNotFound), Failure::Unexpected),
            (
                DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
                Failure::Busy,
            ),
            (DbErr::RecordNotInserted, Failure::Unexpected),
        ] {
            assert_eq!(Failure::of(&error), expected, "{error}");
        }
    }
}
