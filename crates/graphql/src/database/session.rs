//! One connection to the database, and what runs on it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::TryStreamExt;
use sea_orm::{
    DbErr, ExecResult, QueryResult, RuntimeErr,
    sea_query::Values,
    sqlx::{
        self, AssertSqlSafe, Executor, IntoArguments, PgConnection, Postgres, Row, Sqlite,
        SqliteConnection, query::Query,
    },
};
use sea_query_sqlx::SqlxValues;

use super::{cancel::Canceller, clock::StatementClock, driver::Driver, size, usage};

/// How many rows are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetch {
    All,
    /// At most one.
    One,
}

/// A connection, and what has not ended on it.
///
/// Only a connection on which everything has ended goes back to the pool. [`Session::clean`] makes
/// sure of it.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something else that has not ended, in any combination"
)]
pub(super) struct Session {
    driver: Driver,
    /// The maximum duration of a statement, for SQLite. PostgreSQL has a setting for it.
    statement_limit: Option<Duration>,
    /// A statement has begun, and its result was not received.
    is_running: bool,
    /// A statement has failed, perhaps because the connection is broken.
    is_suspect: bool,
    /// A transaction may be open.
    in_transaction: bool,
    /// A cancellation was not confirmed, so it may still reach the connection.
    may_be_canceled: bool,
    /// When it was released last.
    pub(super) idle_since: Instant,
}

impl Session {
    /// A new connection to PostgreSQL. Behind a pooler, the prelude is sent at the beginning of each
    /// transaction.
    pub(super) async fn postgres(
        mut connection: PgConnection,
        canceller: Arc<Canceller>,
        prelude: Option<Arc<str>>,
    ) -> Result<Self, sqlx::Error> {
        let process_id = if prelude.is_some() {
            None
        } else {
            let row = connection.fetch_one("SELECT pg_backend_pid()").await?;
            Some(row.try_get(0)?)
        };
        let driver = Driver::Postgres {
            connection,
            process_id,
            canceller,
            prelude,
        };
        Ok(Self::new(driver, None))
    }

    /// A new connection to SQLite.
    pub(super) async fn sqlite(
        mut connection: SqliteConnection,
        statement_limit: Option<Duration>,
    ) -> Result<Self, sqlx::Error> {
        let clock = StatementClock::of(&mut connection).await?;
        let driver = Driver::Sqlite { connection, clock };
        Ok(Self::new(driver, statement_limit))
    }

    fn new(driver: Driver, statement_limit: Option<Duration>) -> Self {
        Self {
            driver,
            statement_limit,
            is_running: false,
            is_suspect: false,
            in_transaction: false,
            may_be_canceled: false,
            idle_since: Instant::now(),
        }
    }

    /// Takes note that the connection is not used any more.
    pub(super) fn released(&mut self) {
        self.idle_since = Instant::now();
    }

    /// Whether nothing is left of what ran before.
    pub(super) fn is_clean(&self) -> bool {
        !(self.is_running || self.is_suspect || self.in_transaction || self.may_be_canceled)
    }

    /// Runs a statement that returns rows. If the future is dropped, the statement runs on until
    /// [`Session::clean`].
    pub(super) async fn fetch(
        &mut self,
        fetch: Fetch,
        sql: &str,
        values: Option<Values>,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let is_alone = self.begin_alone().await?;
        let limit = self.statement_limit;
        let is_kept = !self.driver.is_pooled();
        let rows = match self.start(limit)? {
            Driver::Postgres { connection, .. } => {
                let query = query::<Postgres>(sql, values).persistent(is_kept);
                rows(connection, fetch, query, size::of_postgres).await
            }
            Driver::Sqlite { connection, .. } => {
                rows(
                    connection,
                    fetch,
                    query::<Sqlite>(sql, values),
                    size::of_sqlite,
                )
                .await
            }
        };
        let rows = match rows.transpose() {
            Some(rows) => self.finish(rows).map_err(DbErr::Query)?,
            // The statement still runs, and is canceled when the connection is cleaned.
            None => return Err(usage::no_room()),
        };
        self.end_alone(is_alone).await?;
        Ok(rows)
    }

    /// Runs a statement without rows. See [`Session::fetch`].
    pub(super) async fn execute(
        &mut self,
        sql: &str,
        values: Option<Values>,
    ) -> Result<ExecResult, DbErr> {
        let is_alone = self.begin_alone().await?;
        let limit = self.statement_limit;
        let is_kept = !self.driver.is_pooled();
        let executed = match self.start(limit)? {
            Driver::Postgres { connection, .. } => query::<Postgres>(sql, values)
                .persistent(is_kept)
                .execute(connection)
                .await
                .map(ExecResult::from),
            Driver::Sqlite { connection, .. } => query::<Sqlite>(sql, values)
                .execute(connection)
                .await
                .map(ExecResult::from),
        };
        let executed = self.finish(executed).map_err(DbErr::Exec)?;
        self.end_alone(is_alone).await?;
        Ok(executed)
    }

    /// Runs several statements without parameters.
    pub(super) async fn execute_script(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let is_alone = self.begin_alone().await?;
        let limit = self.statement_limit;
        let executed = self.execute_script_within(limit, sql).await?;
        self.end_alone(is_alone).await?;
        Ok(executed)
    }

    async fn execute_script_within(
        &mut self,
        limit: Option<Duration>,
        sql: &str,
    ) -> Result<ExecResult, DbErr> {
        let script = AssertSqlSafe(sql.to_owned());
        let executed = match self.start(limit)? {
            Driver::Postgres { connection, .. } => {
                connection.execute(script).await.map(ExecResult::from)
            }
            Driver::Sqlite { connection, .. } => {
                connection.execute(script).await.map(ExecResult::from)
            }
        };
        self.finish(executed).map_err(DbErr::Exec)
    }

    /// Begins a transaction.
    pub(super) async fn begin(&mut self, sql: &str) -> Result<(), DbErr> {
        self.in_transaction = true;
        if !self.driver.is_pooled() {
            let limit = self.statement_limit;
            return self.execute_script_within(limit, sql).await.map(drop);
        }
        let begun = self.start(None)?.begin_pooled(sql).await;
        self.finish(begun).map_err(DbErr::Exec)
    }

    /// Behind a pooler, begins a transaction for a statement outside of one: the driver prepares a
    /// statement and executes it in two steps, which need the same session of the server, and the
    /// settings must not stay on that session. Returns whether it did.
    async fn begin_alone(&mut self) -> Result<bool, DbErr> {
        let is_alone = self.driver.is_pooled() && !self.in_transaction;
        if is_alone {
            self.begin("BEGIN").await?;
        }
        Ok(is_alone)
    }

    /// Ends the transaction of a single statement.
    async fn end_alone(&mut self, is_alone: bool) -> Result<(), DbErr> {
        if is_alone {
            self.commit().await?;
        }
        Ok(())
    }

    /// Commits the transaction. If that fails, the transaction may still be open.
    pub(super) async fn commit(&mut self) -> Result<(), DbErr> {
        if self.is_running {
            return Err(abandoned());
        }
        self.driver.release_process();
        self.execute_script_within(None, "COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Takes note that a statement begins.
    fn start(&mut self, limit: Option<Duration>) -> Result<&mut Driver, DbErr> {
        if self.is_running {
            return Err(abandoned());
        }
        self.is_running = true;
        if let Driver::Sqlite { clock, .. } = &self.driver {
            clock.start(limit);
        }
        Ok(&mut self.driver)
    }

    /// Takes note that the result of the statement was received.
    fn finish<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, RuntimeErr> {
        self.is_running = false;
        self.is_suspect |= result.is_err();
        result.map_err(|error| RuntimeErr::SqlxError(error.into()))
    }

    /// Ends everything that has not ended: the statement that nobody waits for any more, and the
    /// transaction. Afterwards, the connection is as good as new, except if a cancellation may still
    /// reach it, which [`Session::is_clean`] says.
    pub(super) async fn clean(&mut self) -> Result<(), sqlx::Error> {
        if self.is_running {
            let is_certain = self.driver.interrupt().await?;
            self.may_be_canceled |= !is_certain;
        } else if self.is_suspect {
            self.driver.drain().await?;
        }
        self.is_running = false;
        self.is_suspect = false;
        if self.may_be_canceled && self.driver.is_pooled() {
            // A pooler lends the session to others after the end of the transaction, and closes it
            // if the connection is closed before.
            return Ok(());
        }
        if self.in_transaction {
            self.driver.rollback().await?;
            self.in_transaction = false;
        }
        Ok(())
    }

    /// Whether the connection still works.
    pub(super) async fn ping(&mut self) -> Result<(), sqlx::Error> {
        self.driver.ping().await
    }

    /// Closes the connection in an orderly way, which on SQLite is when the log is written to the
    /// file.
    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        self.driver.close().await
    }
}

fn abandoned() -> DbErr {
    let message = "an earlier statement of the transaction was abandoned".to_owned();
    DbErr::Conn(RuntimeErr::Internal(message))
}

/// The rows of a statement. None if there are more than the answer has room for.
async fn rows<DB>(
    connection: &mut DB::Connection,
    fetch: Fetch,
    query: Query<'_, DB, SqlxValues>,
    size: fn(&DB::Row) -> usize,
) -> Result<Option<Vec<QueryResult>>, sqlx::Error>
where
    DB: sqlx::Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    SqlxValues: IntoArguments<DB>,
    QueryResult: From<DB::Row>,
{
    let mut rows = Vec::new();
    if fetch == Fetch::One {
        rows.extend(
            query
                .fetch_optional(connection)
                .await?
                .map(QueryResult::from),
        );
        return Ok(Some(rows));
    }
    let mut received = query.fetch(connection);
    while let Some(row) = received.try_next().await? {
        if !usage::admits(size(&row)) {
            return Ok(None);
        }
        rows.push(row.into());
    }
    Ok(Some(rows))
}

/// A statement with its values, bound as SeaORM does it.
fn query<DB>(sql: &str, values: Option<Values>) -> Query<'_, DB, SqlxValues>
where
    DB: sqlx::Database,
    SqlxValues: IntoArguments<DB>,
{
    let values = values.unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values))
}
