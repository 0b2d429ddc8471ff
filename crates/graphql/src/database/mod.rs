//! The two handles through which everything reaches the database.

pub(crate) mod outage;
pub(crate) mod trouble;
pub(crate) mod usage;

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use self::{outage::Outage, trouble::retried};

/// A pool for reading and a pool for writing.
///
/// On PostgreSQL both are the same pool. On SQLite the writer is one connection, because SQLite
/// allows one writer at a time and waiting in a queue of our own is fairer than `SQLITE_BUSY`.
#[derive(Clone, Debug)]
pub struct Database {
    /// Serves every query.
    pub reader: DatabaseConnection,
    /// Serves every mutation, inside a transaction.
    pub writer: DatabaseConnection,
    /// Says when neither can be reached.
    pub outage: Outage,
}

impl Database {
    /// Which of the two databases this is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }

    /// Does what changes nothing, once more where the connection was broken, and fails at once
    /// where nobody listens.
    pub(crate) async fn retried<T, F>(&self, attempt: impl FnMut() -> F) -> Result<T, DbErr>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        self.outage.unless_begun(retried(attempt)).await
    }
}
