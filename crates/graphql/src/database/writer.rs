//! The connections for writing.

use std::{
    fmt::{Debug, Display},
    pin::Pin,
};

use sea_orm::{
    AccessMode, ConnectionTrait, DbBackend, DbErr, ExecResult, IsolationLevel, QueryResult,
    Statement, TransactionError, TransactionOptions, TransactionSession, TransactionTrait,
    prelude::async_trait::async_trait, sqlx,
};
use tokio::sync::Mutex;

use super::{
    lease::Lease,
    pool::{Pool, PoolOptions, PoolUsage},
    usage,
};

/// Begins transactions, each on a connection of a pool. Clones share the pool.
///
/// On SQLite, it is a single connection, and each transaction locks the file at its beginning:
/// waiting for a turn here is fairer than `SQLITE_BUSY`.
#[derive(Clone, Debug)]
pub struct Writer(Pool);

/// A transaction. If it is dropped, its statement is canceled, and it is rolled back.
pub struct WriteTransaction {
    backend: DbBackend,
    lease: Mutex<Lease>,
}

impl Writer {
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

    /// How many connections there are.
    #[must_use]
    pub fn usage(&self) -> PoolUsage {
        self.0.usage()
    }

    /// Whether the SQLite file is still in its place.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.0.check_file().is_ok()
    }

    /// Closes all connections, and waits for those in use.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

#[async_trait]
impl ConnectionTrait for Writer {
    fn get_database_backend(&self) -> DbBackend {
        self.0.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.acquire().await?.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.acquire().await?.execute_script(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.acquire().await?.fetch_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.acquire().await?.fetch_all(statement).await
    }
}

#[async_trait]
impl TransactionTrait for Writer {
    type Transaction = WriteTransaction;

    async fn begin(&self) -> Result<WriteTransaction, DbErr> {
        self.begin_with_options(TransactionOptions::default()).await
    }

    async fn begin_with_config(
        &self,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<WriteTransaction, DbErr> {
        self.begin_with_options(TransactionOptions {
            isolation_level,
            access_mode,
            ..TransactionOptions::default()
        })
        .await
    }

    async fn begin_with_options(
        &self,
        options: TransactionOptions,
    ) -> Result<WriteTransaction, DbErr> {
        let backend = self.0.backend();
        let mut lease = self.0.acquire().await?;
        lease.begin(&begin_statement(backend, options)).await?;
        lease.check_file()?;
        Ok(WriteTransaction {
            backend,
            lease: Mutex::new(lease),
        })
    }

    async fn transaction<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(
                &'c WriteTransaction,
            ) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>
            + Send,
        T: Send,
        E: Display + Debug + Send,
    {
        self.transaction_with_config(callback, None, None).await
    }

    async fn transaction_with_config<F, T, E>(
        &self,
        callback: F,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(
                &'c WriteTransaction,
            ) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>
            + Send,
        T: Send,
        E: Display + Debug + Send,
    {
        let transaction = self.begin_with_config(isolation_level, access_mode).await?;
        match callback(&transaction).await {
            Ok(result) => {
                transaction.commit().await?;
                Ok(result)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(TransactionError::Transaction(error))
            }
        }
    }
}

/// The statement that begins a transaction.
fn begin_statement(backend: DbBackend, options: TransactionOptions) -> String {
    if backend != DbBackend::Postgres {
        return "BEGIN IMMEDIATE".to_owned();
    }
    let isolation = options
        .isolation_level
        .map(|level| format!("ISOLATION LEVEL {level}"));
    let access = options.access_mode.map(|mode| mode.to_string());
    let modes: Vec<String> = isolation.into_iter().chain(access).collect();
    format!("BEGIN {}", modes.join(", "))
}

#[async_trait]
impl ConnectionTrait for WriteTransaction {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.lease.lock().await.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.lease.lock().await.execute_script(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.lease.lock().await.fetch_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.lease.lock().await.fetch_all(statement).await
    }
}

impl WriteTransaction {
    /// Begins a transaction that only reads, on a connection for reading.
    pub(super) async fn begin_reading(pool: &Pool) -> Result<Self, DbErr> {
        let mut lease = pool.acquire().await?;
        lease.begin("BEGIN").await?;
        Ok(Self {
            backend: pool.backend(),
            lease: Mutex::new(lease),
        })
    }

    /// Commits. This is never canceled: if the future is dropped, the commit continues.
    ///
    /// # Errors
    ///
    /// If the database fails. Then it may be unknown whether the transaction was committed.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.lease.into_inner().commit().await?;
        usage::count_commit();
        Ok(())
    }

    /// Rolls back, and waits until the locks are released.
    ///
    /// # Errors
    ///
    /// If the process ends.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.lease.into_inner().rollback().await
    }
}

#[async_trait]
impl TransactionSession for WriteTransaction {
    async fn commit(self) -> Result<(), DbErr> {
        Self::commit(self).await
    }

    async fn rollback(self) -> Result<(), DbErr> {
        Self::rollback(self).await
    }
}

/// SeaORM's traits ask for transactions within transactions, which Mina has none of.
#[async_trait]
impl TransactionTrait for WriteTransaction {
    type Transaction = Self;

    async fn begin(&self) -> Result<Self, DbErr> {
        Err(nested())
    }

    async fn begin_with_config(
        &self,
        _: Option<IsolationLevel>,
        _: Option<AccessMode>,
    ) -> Result<Self, DbErr> {
        Err(nested())
    }

    async fn begin_with_options(&self, _: TransactionOptions) -> Result<Self, DbErr> {
        Err(nested())
    }

    async fn transaction<F, T, E>(&self, _: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Self) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>
            + Send,
        T: Send,
        E: Display + Debug + Send,
    {
        Err(TransactionError::Connection(nested()))
    }

    async fn transaction_with_config<F, T, E>(
        &self,
        _: F,
        _: Option<IsolationLevel>,
        _: Option<AccessMode>,
    ) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Self) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>
            + Send,
        T: Send,
        E: Display + Debug + Send,
    {
        Err(TransactionError::Connection(nested()))
    }
}

fn nested() -> DbErr {
    DbErr::Custom("there are no transactions within transactions".to_owned())
}
