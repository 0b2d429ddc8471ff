//! Access to the database: one handle for reading and one for writing.

mod cancel;
mod clock;
mod driver;
pub(crate) mod failure;
mod file;
mod lease;
mod manager;
pub(crate) mod model;
pub(crate) mod outage;
mod pool;
mod reader;
mod session;
pub(crate) mod size;
pub(crate) mod times;
pub(crate) mod usage;
mod writer;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, sea_query::SelectStatement};

use self::outage::Outage;
pub use self::{
    cancel::Canceller,
    file::DatabaseFile,
    manager::Connect,
    pool::{PoolOptions, PoolUsage},
    reader::Reader,
    writer::{WriteTransaction, Writer},
};
use crate::error::failure::Failure;

/// A pool for reading and a pool for writing.
///
/// They are two, so that transactions that wait for a lock do not hold the connections that reads
/// need.
#[derive(Clone, Debug)]
pub struct Database {
    /// Used by queries.
    pub reader: Reader,
    /// Used by mutations, each in a transaction.
    pub writer: Writer,
    /// Knows when the database cannot be reached.
    pub outage: Outage,
}

impl Database {
    /// The database system: SQLite or PostgreSQL.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }

    /// Whether the database is where it was opened. A SQLite file may have been moved or replaced.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.writer.is_in_place()
    }

    /// Runs something that changes nothing, and retries it once if the connection was broken: after
    /// a restart of the database server, the pool still has broken connections. There is only one
    /// retry, because the statement itself may be the cause. Fails immediately during an outage.
    pub(crate) async fn retried<T, F>(&self, mut attempt: impl FnMut() -> F) -> Result<T, DbErr>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        let attempts = async {
            match attempt().await {
                Err(error) if Failure::of(&error) == Failure::Unreachable => {
                    self.outage.record_broken();
                    attempt().await
                }
                result => result,
            }
        };
        self.outage.fail_fast(attempts).await
    }

    /// Reads rows for the response of a request, and counts them.
    pub(crate) async fn query_all(
        &self,
        statement: &SelectStatement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let rows = self.retried(|| self.reader.query_all(statement)).await?;
        usage::count_rows(rows.len());
        Ok(rows)
    }
}
