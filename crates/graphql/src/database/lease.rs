//! A connection that is in use, and what happens to it afterwards.

use std::time::{Duration, Instant};

use deadpool::managed::Object;
use sea_orm::{DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use tokio::{runtime::Handle, time::timeout};
use tracing::{Instrument, Span, debug, field::Empty, info_span};

use super::{manager::PooledSession, pool::Pool, session::Fetch, times, usage};
use crate::shares::FairPermit;

/// A connection in use. Whenever it is dropped, it returns to the pool, but not before everything
/// has ended on it: a statement that nobody waits for any more is canceled, and a transaction is
/// rolled back. Until then, it counts as used by the same party.
pub(super) struct Lease {
    /// None only while it is dropped.
    lent: Option<Lent>,
}

/// What a lease has taken. The connection returns before the permit, which lets others take it.
pub(super) struct Lent {
    pub(super) session: PooledSession,
    #[expect(dead_code, reason = "it is held until it is dropped")]
    pub(super) permit: FairPermit,
    #[expect(dead_code, reason = "it is held until it is dropped")]
    pub(super) background_permit: Option<FairPermit>,
    pub(super) pool: Pool,
}

impl Lease {
    pub(super) fn new(lent: Lent) -> Self {
        Self { lent: Some(lent) }
    }

    fn lent(&mut self) -> Result<&mut Lent, DbErr> {
        self.lent
            .as_mut()
            .ok_or_else(|| internal("the connection was returned"))
    }

    /// Runs a statement that returns rows.
    pub(super) async fn fetch_all(
        &mut self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        self.fetch(Fetch::All, statement).await
    }

    /// Runs a statement that returns one row at most, which is read as a whole.
    pub(super) async fn fetch_one(
        &mut self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        let rows = self.fetch(Fetch::One, statement).await?;
        let row = rows.into_iter().next();
        row.as_ref().map_or(Ok(()), times::check)?;
        Ok(row)
    }

    async fn fetch(
        &mut self,
        fetch: Fetch,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let Statement { sql, values, .. } = statement;
        let lent = self.lent()?;
        let observed = Observed::begin(&lent.pool, &sql);
        let rows = lent.session.fetch(fetch, &sql, values);
        let rows = rows.instrument(observed.span.clone()).await;
        observed.end(&rows);
        rows
    }

    /// Runs a statement that returns no rows.
    pub(super) async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let Statement { sql, values, .. } = statement;
        let lent = self.lent()?;
        let observed = Observed::begin(&lent.pool, &sql);
        let executed = lent.session.execute(&sql, values);
        let executed = executed.instrument(observed.span.clone()).await;
        observed.end(&executed);
        executed
    }

    /// Runs several statements without parameters, which are not counted.
    pub(super) async fn execute_script(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        self.lent()?.session.execute_script(sql).await
    }

    /// Begins a transaction.
    pub(super) async fn begin(&mut self, sql: &str) -> Result<(), DbErr> {
        self.lent()?.session.begin(sql).await
    }

    /// Fails if the SQLite file is not in its place any more.
    pub(super) fn check_file(&mut self) -> Result<(), DbErr> {
        self.lent()?.pool.check_file()
    }

    /// Commits the transaction. That is never canceled: if the future is dropped, the commit
    /// continues.
    pub(super) async fn commit(mut self) -> Result<(), DbErr> {
        let commit = async move {
            let lent = self.lent()?;
            let limit = lent.pool.clean_timeout();
            if let Ok(committed) = timeout(limit, lent.session.commit()).await {
                // What was committed to a file that is not in its place must not be acknowledged.
                return committed.and_then(|()| lent.pool.check_file());
            }
            if let Some(lent) = self.lent.take() {
                lent.discard("a commit gets no answer");
            }
            Err(internal("the commit got no answer"))
        };
        let commit = tokio::spawn(commit.in_current_span());
        commit
            .await
            .unwrap_or_else(|error| Err(internal(&error.to_string())))
    }

    /// Rolls the transaction back, and waits until its locks are released.
    pub(super) async fn rollback(mut self) -> Result<(), DbErr> {
        if let Some(lent) = self.lent.take() {
            let clean = tokio::spawn(lent.clean().in_current_span());
            clean.await.map_err(|error| internal(&error.to_string()))?;
        }
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut lent) = self.lent.take() else {
            return;
        };
        if lent.session.is_clean() {
            lent.session.released();
        } else if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(lent.clean().in_current_span());
        }
        // Otherwise, the process ends. The pool would not give out this connection again.
    }
}

impl Lent {
    /// Ends what has not ended on the connection, and returns it. If that does not succeed in time,
    /// the connection is closed: the driver would wait for an answer until the operating system
    /// gives up on the server.
    async fn clean(mut self) {
        let limit = self.pool.clean_timeout();
        match timeout(limit, self.session.clean()).await {
            Ok(Ok(())) if self.session.is_clean() => self.session.released(),
            Ok(Ok(())) => self.close().await,
            Ok(Err(error)) => self.discard(&error.to_string()),
            Err(elapsed) => self.discard(&elapsed.to_string()),
        }
    }

    /// Closes a connection on which a late cancellation could hit the statement of somebody else,
    /// and waits until the server has closed it.
    async fn close(self) {
        debug!("closing a database connection, because a cancellation was not confirmed");
        let limit = self.pool.clean_timeout();
        let closing = Object::take(self.session).close();
        if !matches!(timeout(limit, closing).await, Ok(Ok(()))) {
            self.pool.record_broken();
        }
    }

    /// Closes the connection without waiting for the server.
    fn discard(self, reason: &str) {
        debug!(reason, "closing a broken database connection");
        self.pool.record_broken();
        drop(Object::take(self.session));
    }
}

/// A statement that is measured and traced.
struct Observed<'a> {
    slow: Duration,
    sql: &'a str,
    span: Span,
    began_at: Instant,
}

impl<'a> Observed<'a> {
    fn begin(pool: &Pool, sql: &'a str) -> Self {
        Self {
            slow: pool.slow_statement(),
            sql,
            span: span(pool.backend(), sql),
            began_at: Instant::now(),
        }
    }

    fn end<T>(self, result: &Result<T, DbErr>) {
        let elapsed = self.began_at.elapsed();
        match result {
            Ok(_) => self.span.record("otel.status_code", "OK"),
            Err(error) => self
                .span
                .record("otel.status_code", "ERROR")
                .record("exception.message", tracing::field::display(error)),
        };
        usage::count_statement(self.sql, elapsed, result.is_err(), self.slow);
    }
}

/// The span of a statement in a trace, with the fields of OpenTelemetry. The values of the statement
/// are not in it.
fn span(backend: DbBackend, sql: &str) -> Span {
    let system = match backend {
        DbBackend::Postgres => "postgresql",
        _ => "sqlite",
    };
    let operation = sql.split_whitespace().next().unwrap_or_default();
    info_span!(
        target: "mina::traces",
        "sql.statement",
        otel.kind = "client",
        db.system = system,
        db.operation = operation,
        db.statement = sql,
        otel.status_code = Empty,
        exception.message = Empty,
    )
}

fn internal(message: &str) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(message.to_owned()))
}
