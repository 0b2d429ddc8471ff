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
        self, AssertSqlSafe, Connection, Executor, IntoArguments, PgConnection, Postgres, Row,
        Sqlite, SqliteConnection, query::Query,
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::time::timeout;

use super::{cancel::Canceller, clock::StatementClock, size, usage};

/// How long a statement may continue after it was canceled, before it is canceled again. The first
/// time, PostgreSQL may not have received the statement yet.
const CANCEL_INTERVAL: Duration = Duration::from_millis(100);

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

#[derive(Debug)]
enum Driver {
    Postgres {
        connection: PgConnection,
        process_id: i32,
        canceller: Arc<Canceller>,
    },
    Sqlite {
        connection: SqliteConnection,
        clock: Arc<StatementClock>,
    },
}

impl Session {
    /// A new connection to PostgreSQL.
    pub(super) async fn postgres(
        mut connection: PgConnection,
        canceller: Arc<Canceller>,
    ) -> Result<Self, sqlx::Error> {
        let process_id = connection
            .fetch_one("SELECT pg_backend_pid()")
            .await?
            .try_get(0)?;
        let driver = Driver::Postgres {
            connection,
            process_id,
            canceller,
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
        let limit = self.statement_limit;
        let rows = match self.start(limit)? {
            Driver::Postgres { connection, .. } => {
                rows::<Postgres>(connection, fetch, sql, values, size::of_postgres).await
            }
            Driver::Sqlite { connection, .. } => {
                rows::<Sqlite>(connection, fetch, sql, values, size::of_sqlite).await
            }
        };
        match rows.transpose() {
            Some(rows) => self.finish(rows).map_err(DbErr::Query),
            // The statement still runs, and is canceled when the connection is cleaned.
            None => Err(usage::no_room()),
        }
    }

    /// Runs a statement without rows. See [`Session::fetch`].
    pub(super) async fn execute(
        &mut self,
        sql: &str,
        values: Option<Values>,
    ) -> Result<ExecResult, DbErr> {
        let limit = self.statement_limit;
        let executed = match self.start(limit)? {
            Driver::Postgres { connection, .. } => query::<Postgres>(sql, values)
                .execute(connection)
                .await
                .map(ExecResult::from),
            Driver::Sqlite { connection, .. } => query::<Sqlite>(sql, values)
                .execute(connection)
                .await
                .map(ExecResult::from),
        };
        self.finish(executed).map_err(DbErr::Exec)
    }

    /// Runs several statements without parameters.
    pub(super) async fn execute_script(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let limit = self.statement_limit;
        self.execute_script_within(limit, sql).await
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
        self.execute_script(sql).await.map(drop)
    }

    /// Commits the transaction. If that fails, the transaction may still be open.
    pub(super) async fn commit(&mut self) -> Result<(), DbErr> {
        self.execute_script_within(None, "COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Takes note that a statement begins.
    fn start(&mut self, limit: Option<Duration>) -> Result<&mut Driver, DbErr> {
        if self.is_running {
            let message = "an earlier statement of the transaction was abandoned".to_owned();
            return Err(DbErr::Conn(RuntimeErr::Internal(message)));
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
        match self.driver {
            Driver::Postgres { connection, .. } => connection.close().await,
            Driver::Sqlite { connection, .. } => connection.close().await,
        }
    }
}

impl Driver {
    /// Ends the statement that runs. Returns whether nothing that is sent afterwards can be
    /// canceled.
    async fn interrupt(&mut self) -> Result<bool, sqlx::Error> {
        if let Self::Sqlite { connection, clock } = self {
            clock.interrupt(true);
            // The thread of the connection answers when the statement has ended.
            let ended = connection.ping().await;
            clock.interrupt(false);
            return ended.map(|()| true);
        }
        let mut is_certain = true;
        loop {
            if let Self::Postgres {
                process_id,
                canceller,
                ..
            } = self
            {
                is_certain &= canceller.cancel(*process_id).await;
            }
            // If that was confirmed, what is sent from here on is not canceled. Its answer comes
            // after the end of the statement.
            if let Ok(drained) = timeout(CANCEL_INTERVAL, self.drain()).await {
                return drained.map(|()| is_certain);
            }
        }
    }

    /// Waits until the connection is ready for another statement. Errors of earlier statements
    /// arrive here.
    async fn drain(&mut self) -> Result<(), sqlx::Error> {
        loop {
            match self.ping().await {
                Err(sqlx::Error::Database(_)) => {}
                result => return result,
            }
        }
    }

    async fn ping(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres { connection, .. } => connection.ping().await,
            Self::Sqlite { connection, .. } => connection.ping().await,
        }
    }

    /// Rolls a transaction back, if there is one.
    async fn rollback(&mut self) -> Result<(), sqlx::Error> {
        if let Self::Sqlite { clock, .. } = self {
            clock.start(None);
        }
        match self {
            // Without a transaction, this is only a warning.
            Self::Postgres { connection, .. } => connection.execute("ROLLBACK").await.map(drop),
            // SQLite rolls a transaction back by itself when the disk is full or it is interrupted.
            Self::Sqlite { connection, .. } => match connection.execute("ROLLBACK").await {
                Err(sqlx::Error::Database(error))
                    if error.message().contains("no transaction is active") =>
                {
                    Ok(())
                }
                result => result.map(drop),
            },
        }
    }
}

/// The rows of a statement. None if there are more than the answer has room for.
async fn rows<DB>(
    connection: &mut DB::Connection,
    fetch: Fetch,
    sql: &str,
    values: Option<Values>,
    size: fn(&DB::Row) -> usize,
) -> Result<Option<Vec<QueryResult>>, sqlx::Error>
where
    DB: sqlx::Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    SqlxValues: IntoArguments<DB>,
    QueryResult: From<DB::Row>,
{
    let query = query::<DB>(sql, values);
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
