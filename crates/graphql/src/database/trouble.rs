//! What is wrong with the database when it fails: whether to try again, and what to tell.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, error::DatabaseError},
};

use crate::error::{TIMEOUT, UNAVAILABLE};

/// Why the database failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Another transaction came between. Begun anew, the same one can succeed or finds out why not.
    Race,
    /// The connection broke, or none can be made.
    Unreachable,
    /// All connections are taken, or somebody else holds what is needed.
    Busy,
    /// There is no room to write, on the disk or in memory.
    NoRoom,
    /// The statement took longer than it may.
    TooSlow,
    /// Something that should not happen.
    Unforeseen,
}

/// What an error of PostgreSQL means, by the beginning of its code.
///
/// Source: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
const POSTGRES: [(&str, Trouble); 18] = [
    // Serialization failure, deadlock, and a row that was there, or was not there yet, when the
    // transaction looked: foreign keys and uniqueness.
    ("40001", Trouble::Race),
    ("40P01", Trouble::Race),
    ("23503", Trouble::Race),
    ("23505", Trouble::Race),
    // Connection exceptions; the server ends, has crashed, or starts; an idle session was ended.
    ("08", Trouble::Unreachable),
    ("57P01", Trouble::Unreachable),
    ("57P02", Trouble::Unreachable),
    ("57P03", Trouble::Unreachable),
    ("57P05", Trouble::Unreachable),
    ("25006", Trouble::Unreachable),
    // Too many connections, a limit of the configuration, a lock that is not to be had.
    ("53300", Trouble::Busy),
    ("53400", Trouble::Busy),
    ("55P03", Trouble::Busy),
    // A full disk, no memory.
    ("53", Trouble::NoRoom),
    ("58030", Trouble::NoRoom),
    // The time limits of a statement, of an idle transaction and of a whole one.
    ("57014", Trouble::TooSlow),
    ("25P03", Trouble::TooSlow),
    ("25P04", Trouble::TooSlow),
];

/// What an error of SQLite means, by its whole code or else by its primary one.
///
/// Source: <https://www.sqlite.org/rescode.html>.
const SQLITE: [(u32, Trouble); 12] = [
    (5, Trouble::Busy),         // BUSY
    (6, Trouble::Busy),         // LOCKED
    (7, Trouble::NoRoom),       // NOMEM
    (8, Trouble::NoRoom),       // READONLY
    (9, Trouble::TooSlow),      // INTERRUPT
    (10, Trouble::NoRoom),      // IOERR
    (13, Trouble::NoRoom),      // FULL
    (14, Trouble::Unreachable), // CANTOPEN
    (17, Trouble::Race),        // SCHEMA
    (787, Trouble::Race),       // CONSTRAINT_FOREIGNKEY
    (1555, Trouble::Race),      // CONSTRAINT_PRIMARYKEY
    (2067, Trouble::Race),      // CONSTRAINT_UNIQUE
];

impl Trouble {
    /// What an error means.
    pub(crate) fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) => Self::Busy,
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => Self::of_driver(error),
            DbErr::Conn(_) => Self::Unreachable,
            _ => Self::Unforeseen,
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
            _ => Self::Unforeseen,
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
        known.map_or(Self::Unforeseen, |(_, trouble)| *trouble)
    }

    /// The lowest byte of an extended code is the primary one.
    fn of_sqlite(code: &str) -> Self {
        let code = code.parse::<u32>().unwrap_or_default();
        let known = |code| SQLITE.iter().find(move |(known, _)| *known == code);
        let known = known(code).or_else(|| known(code & 0xFF));
        known.map_or(Self::Unforeseen, |(_, trouble)| *trouble)
    }

    /// The value of `extensions.code`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Unreachable | Self::Busy | Self::NoRoom => UNAVAILABLE,
            Self::TooSlow => TIMEOUT,
            Self::Race | Self::Unforeseen => "INTERNAL",
        }
    }

    /// What to tell who cannot mend it, where there is something to tell.
    pub(crate) fn message(self) -> Option<&'static str> {
        match self {
            Self::Unreachable => {
                Some("The database cannot be reached at the moment. Try again in a few seconds.")
            }
            Self::Busy => Some("The database is busy at the moment. Try again in a few seconds."),
            Self::NoRoom => Some("The database has no room to write. Nothing was changed."),
            Self::TooSlow => Some(
                "The request took longer than is allowed and was stopped. Ask for less at once.",
            ),
            Self::Race | Self::Unforeseen => None,
        }
    }
}

/// When a connection was last found broken.
static LAST_BROKEN: Mutex<Option<Instant>> = Mutex::new(None);

/// Notes that a connection was found broken. Others are likely to be so too.
pub(crate) fn note_broken() {
    *LAST_BROKEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

/// Whether a connection has been found broken since one has lain idle for this long, so that it has
/// to be tried before it is used.
#[must_use]
pub fn is_suspect(idle_for: Duration) -> bool {
    let last = *LAST_BROKEN.lock().unwrap_or_else(PoisonError::into_inner);
    last.is_some_and(|broken| broken.elapsed() <= idle_for)
}

/// Does what changes nothing, once more where the connection was broken: a server that has come back
/// has left connections of before in the pool. Not more often, as the statement itself may be what
/// breaks connections.
pub(crate) async fn retried<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, DbErr>
where
    F: Future<Output = Result<T, DbErr>>,
{
    match attempt().await {
        Err(error) if Trouble::of(&error) == Trouble::Unreachable => {
            note_broken();
            attempt().await
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnAcquireErr;

    use super::*;

    #[test]
    fn codes_have_a_meaning() {
        for (code, expected) in [
            ("08006", Trouble::Unreachable),
            ("57P01", Trouble::Unreachable),
            ("57014", Trouble::TooSlow),
            ("53100", Trouble::NoRoom),
            ("53300", Trouble::Busy),
            ("40P01", Trouble::Race),
            ("23505", Trouble::Race),
            ("23514", Trouble::Unforeseen),
            ("42601", Trouble::Unforeseen),
            ("", Trouble::Unforeseen),
        ] {
            assert_eq!(Trouble::of_postgres(code), expected, "{code}");
        }
        for (code, expected) in [
            ("5", Trouble::Busy),
            ("517", Trouble::Busy),
            ("13", Trouble::NoRoom),
            ("778", Trouble::NoRoom),
            ("9", Trouble::TooSlow),
            ("2067", Trouble::Race),
            ("275", Trouble::Unforeseen),
            ("1", Trouble::Unforeseen),
            ("", Trouble::Unforeseen),
        ] {
            assert_eq!(Trouble::of_sqlite(code), expected, "{code}");
        }
    }

    #[test]
    fn errors_of_the_driver_have_a_meaning() {
        let query = |error: sqlx::Error| DbErr::Query(RuntimeErr::SqlxError(error.into()));
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        for (error, expected) in [
            (query(sqlx::Error::Io(reset)), Trouble::Unreachable),
            (query(sqlx::Error::PoolTimedOut), Trouble::Busy),
            (query(sqlx::Error::WorkerCrashed), Trouble::Unreachable),
            (query(sqlx::Error::RowNotFound), Trouble::Unforeseen),
            (
                DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
                Trouble::Busy,
            ),
            (DbErr::RecordNotInserted, Trouble::Unforeseen),
        ] {
            assert_eq!(Trouble::of(&error), expected, "{error}");
        }
    }
}
