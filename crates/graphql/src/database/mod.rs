//! The two handles through which everything reaches the database.

pub(crate) mod failure;
pub(crate) mod outage;
pub(crate) mod usage;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, sea_query::SelectStatement,
};

use self::outage::Outage;
use crate::error::failure::Failure;

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

    /// Runs something that changes nothing, and retries it once if the connection was broken: a
    /// server that was restarted leaves broken connections in the pool. There is only one retry,
    /// as the statement itself may be what breaks connections. Fails at once during an outage.
    pub(crate) async fn retried<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<T, DbErr>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        let attempts = async {
            match attempt().await {
                Err(error) if Failure::of(&error) == Failure::Unreachable => {
                    self.outage.note_broken();
                    attempt().await
                }
                result => result,
            }
        };
        self.outage.unless_begun(attempts).await
    }

    /// The rows of a statement that reads for the response of a request.
    pub(crate) async fn query_all(
        &self,
        statement: &SelectStatement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let rows = self.retried(|| self.reader.query_all(statement)).await?;
        usage::count_rows(rows.len());
        Ok(rows)
    }
}
