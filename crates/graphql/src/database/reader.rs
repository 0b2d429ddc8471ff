//! The connections for reading.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    prelude::async_trait::async_trait,
    sqlx::{self, postgres::PgConnectOptions},
};

use super::{
    manager::Connect,
    pool::{Pool, PoolOptions, PoolUsage},
    usage,
    writer::WriteTransaction,
};

/// Runs statements that read, each on a connection of a pool. Clones share the pool.
///
/// When the future of a statement is dropped, the statement is canceled, and nothing else is.
#[derive(Clone, Debug)]
pub struct Reader(Pool);

impl Reader {
    /// Opens connections when they are needed. Must be called within a runtime.
    ///
    /// # Errors
    ///
    /// If the options are not valid.
    pub fn new(options: PoolOptions) -> Result<Self, sqlx::Error> {
        Ok(Self(Pool::new(options)?))
    }

    /// Opens a connection, to see whether that is possible.
    ///
    /// # Errors
    ///
    /// If it is not, or takes longer than a statement waits for a connection.
    pub async fn try_connect(&self) -> Result<(), sqlx::Error> {
        self.0.try_connect().await
    }

    /// Begins a transaction that only reads. On SQLite, it does not wait for the writer.
    ///
    /// # Errors
    ///
    /// If the database fails, or no connection is free in time.
    pub async fn begin(&self) -> Result<WriteTransaction, DbErr> {
        Box::pin(WriteTransaction::begin_reading(&self.0)).await
    }

    /// How many connections there are.
    #[must_use]
    pub fn usage(&self) -> PoolUsage {
        self.0.usage()
    }

    /// How to connect to the PostgreSQL server, if it is one.
    #[must_use]
    pub fn postgres_options(&self) -> Option<&PgConnectOptions> {
        match self.0.connect() {
            Connect::Postgres { options, .. } => Some(options),
            Connect::Sqlite(_) => None,
        }
    }

    /// Whether a pooler is in between, which lends each transaction a session of the server.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        let connect = self.0.connect();
        matches!(
            connect,
            Connect::Postgres {
                prelude: Some(_),
                ..
            }
        )
    }

    /// Closes all connections, and waits for those in use.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Ends when the connections are closed.
    pub fn closed(&self) -> impl Future<Output = ()> + use<> {
        self.0.closed()
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.0.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let _slot = usage::statement_slot().await;
        self.0.acquire().await?.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let _slot = usage::statement_slot().await;
        self.0.acquire().await?.execute_script(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let _slot = usage::statement_slot().await;
        self.0.acquire().await?.fetch_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let _slot = usage::statement_slot().await;
        self.0.acquire().await?.fetch_all(statement).await
    }
}
