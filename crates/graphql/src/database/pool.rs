//! A pool of connections, which are given out fairly.

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use deadpool::managed::{self, PoolError, QueueMode, WeakPool};
use sea_orm::{ConnAcquireErr, DbBackend, DbErr, RuntimeErr, sqlx};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tracing::debug;

use super::{
    file::{DatabaseFile, check_in_place, require_in_place},
    lease::{Lease, Lent},
    manager::{Connect, Manager},
    outage::Outage,
    session::Session,
    usage,
};
use crate::shares::{Bounds, FairPermit, FairSemaphore, QueueFull, background};

/// A connection that has been idle for longer than this is closed.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);

/// How often to check whether the connections in use have been returned while a pool is closed.
const CLOSE_INTERVAL: Duration = Duration::from_millis(10);

/// How long the connection of abandoned work may take to be ready again, if statements have no
/// limit. Longer than any cancellation takes.
const CLEAN_TIMEOUT: Duration = Duration::from_secs(30);

/// How many statements of work in the background run at once for each processor.
const BACKGROUND_PER_PROCESSOR: usize = 2;

/// How a pool works.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// How its connections are opened.
    pub connect: Connect,
    /// How its connections are divided. The total is the size of the pool.
    pub bounds: Bounds,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
    /// The maximum duration of a statement. On PostgreSQL, it is a setting of the connection.
    pub statement_limit: Option<Duration>,
    /// Slower statements are logged.
    pub slow_statement: Duration,
    /// Knows when connections are likely to be broken.
    pub outage: Outage,
    /// The file of a SQLite database, which has to stay in its place.
    pub file: Option<Arc<DatabaseFile>>,
}

/// How many connections there are.
#[derive(Clone, Copy, Debug)]
pub struct PoolUsage {
    /// The open ones.
    pub open: usize,
    /// The open ones that are not in use.
    pub idle: usize,
    /// The most that can be open.
    pub limit: usize,
}

/// A pool of connections. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    sessions: managed::Pool<Manager>,
    shares: FairSemaphore,
    /// What work in the background takes as well, so that it does not keep all processors of the
    /// database busy, which knows no priorities.
    background_shares: FairSemaphore,
    acquire_timeout: Duration,
    slow_statement: Duration,
    file: Option<Arc<DatabaseFile>>,
    closed: Arc<watch::Sender<bool>>,
}

impl Pool {
    /// A pool that opens its connections when they are needed.
    pub(super) fn new(options: PoolOptions) -> Result<Self, sqlx::Error> {
        let size = options.bounds.total;
        let manager = Manager {
            connect: options.connect,
            statement_limit: options.statement_limit,
            outage: options.outage,
        };
        let sessions = managed::Pool::builder(manager)
            .max_size(size)
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|error| sqlx::Error::Configuration(error.into()))?;
        tokio::spawn(close_idle(sessions.weak()));
        Ok(Self {
            sessions,
            shares: FairSemaphore::new(options.bounds),
            background_shares: FairSemaphore::new(background_bounds(options.bounds)),
            acquire_timeout: options.acquire_timeout,
            slow_statement: options.slow_statement,
            file: options.file,
            closed: Arc::new(watch::Sender::new(false)),
        })
    }

    /// How connections are opened.
    pub(super) fn connect(&self) -> &Connect {
        &self.sessions.manager().connect
    }

    /// The database system.
    pub(super) fn backend(&self) -> DbBackend {
        match self.connect() {
            Connect::Postgres { .. } => DbBackend::Postgres,
            Connect::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    /// Slower statements are logged.
    pub(super) fn slow_statement(&self) -> Duration {
        self.slow_statement
    }

    /// How long the connection of abandoned work may take to be ready again. Any statement that is
    /// not canceled ends earlier, because of its limit.
    pub(super) fn clean_timeout(&self) -> Duration {
        let limit = self.sessions.manager().statement_limit;
        limit.map_or(CLEAN_TIMEOUT, |limit| 2 * limit)
    }

    /// Takes note that a connection is broken.
    pub(super) fn record_broken(&self) {
        self.sessions.manager().outage.record_broken();
    }

    /// Opens a connection, to see whether that is possible.
    pub(super) async fn try_connect(&self) -> Result<(), sqlx::Error> {
        match timeout(self.acquire_timeout, self.sessions.get()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(_)) => Err(sqlx::Error::PoolClosed),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Waits for the turn of the party that the current work is done for, and takes a connection.
    pub(super) async fn acquire(&self) -> Result<Lease, DbErr> {
        if *self.closed.borrow() {
            return Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed));
        }
        require_in_place(self.file.as_ref())?;
        timeout(self.acquire_timeout, self.take())
            .await
            .unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    async fn take(&self) -> Result<Lease, DbErr> {
        let background_permit = if background::is_here() {
            Some(fair_permit(&self.background_shares).await?)
        } else {
            None
        };
        let permit = fair_permit(&self.shares).await?;
        let session = self.sessions.get().await.map_err(|error| match error {
            PoolError::Backend(error) => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
            PoolError::Closed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            PoolError::Timeout(_)
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(_) => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        })?;
        Ok(Lease::new(Lent {
            session,
            permit,
            background_permit,
            pool: self.clone(),
        }))
    }

    /// Fails if the SQLite file is not in its place any more.
    pub(super) fn check_file(&self) -> Result<(), DbErr> {
        check_in_place(self.file.as_ref())
    }

    /// How many connections there are.
    pub(super) fn usage(&self) -> PoolUsage {
        let status = self.sessions.status();
        PoolUsage {
            open: status.size,
            idle: status.available,
            limit: self.shares.bounds().total,
        }
    }

    /// Gives out no more connections, and closes all when they are returned.
    pub(super) async fn close(&self) {
        self.closed.send_replace(true);
        loop {
            close_all(self.sessions.retain(|_, _| false).removed).await;
            if self.sessions.status().size == 0 {
                break;
            }
            sleep(CLOSE_INTERVAL).await;
        }
        self.sessions.close();
        if let Connect::Postgres { canceller, .. } = self.connect() {
            canceller.close().await;
        }
    }

    /// Ends when the pool is closed.
    pub(super) fn closed(&self) -> impl Future<Output = ()> + use<> {
        let mut closed = self.closed.subscribe();
        async move {
            // It fails when the pool is dropped.
            let _ = closed.wait_for(|closed| *closed).await;
        }
    }
}

/// How many connections work in the background gets: enough to keep every processor of a database
/// on this machine busy.
fn background_bounds(bounds: Bounds) -> Bounds {
    let processors = available_parallelism().map_or(1, NonZero::get);
    Bounds::new(
        bounds.total.min(BACKGROUND_PER_PROCESSOR * processors),
        bounds.waiting,
    )
}

/// Waits for the turn of the party that the current work is done for.
async fn fair_permit(shares: &FairSemaphore) -> Result<FairPermit, DbErr> {
    let permit = shares.acquire(usage::party()).await;
    permit.map_err(|QueueFull| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
}

async fn close_all(sessions: Vec<Session>) {
    for session in sessions {
        if let Err(error) = session.close().await {
            debug!(%error, "cannot close a database connection in an orderly way");
        }
    }
}

/// Closes connections that have not been used for long, as long as there is the pool.
async fn close_idle(pool: WeakPool<Manager>) {
    loop {
        sleep(IDLE_TIMEOUT / 10).await;
        let Some(pool) = pool.upgrade() else { return };
        let is_used = |session: &Session, _| session.idle_since.elapsed() < IDLE_TIMEOUT;
        close_all(pool.retain(is_used).removed).await;
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use sea_orm::{ConnectionTrait, TransactionTrait, sqlx::sqlite::SqliteConnectOptions};

    use super::*;
    use crate::{
        database::{Reader, Writer},
        shares::Party,
    };

    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                           SELECT max(i) FROM n";

    /// A pool of one connection to an empty database in memory.
    fn one() -> PoolOptions {
        PoolOptions {
            connect: Connect::Sqlite(SqliteConnectOptions::new().in_memory(true)),
            bounds: Bounds::new(1, 10),
            acquire_timeout: Duration::from_secs(10),
            statement_limit: None,
            slow_statement: Duration::MAX,
            outage: Outage::default(),
            file: None,
        }
    }

    async fn count(connection: &impl ConnectionTrait, sql: &str) -> i64 {
        let statement = sea_orm::Statement::from_string(DbBackend::Sqlite, sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn an_abandoned_statement_ends_and_its_connection_is_used_again() {
        let reader = Reader::new(one()).unwrap();
        for _ in 0..3 {
            let endless = reader.execute_unprepared(ENDLESS);
            assert!(timeout(Duration::from_millis(20), endless).await.is_err());
            assert_eq!(reader.usage().idle, 0, "it is released too early");
            assert_eq!(count(&reader, "SELECT 7").await, 7);
        }
        assert_eq!(reader.usage().open, 1);
    }

    #[tokio::test]
    async fn a_statement_that_takes_too_long_is_interrupted() {
        let options = PoolOptions {
            statement_limit: Some(Duration::from_millis(20)),
            ..one()
        };
        let reader = Reader::new(options).unwrap();
        let error = reader.execute_unprepared(ENDLESS).await.unwrap_err();
        assert!(error.to_string().contains("interrupted"), "{error}");
        assert_eq!(count(&reader, "SELECT 7").await, 7);
    }

    #[tokio::test]
    async fn an_abandoned_transaction_is_rolled_back() {
        let writer = Writer::new(one()).unwrap();
        writer
            .execute_unprepared("CREATE TABLE t (i INTEGER)")
            .await
            .unwrap();
        for abandons_statement in [false, true] {
            let transaction = writer.begin().await.unwrap();
            let insert = "INSERT INTO t VALUES (1)";
            transaction.execute_unprepared(insert).await.unwrap();
            if abandons_statement {
                let endless = transaction.execute_unprepared(ENDLESS);
                assert!(timeout(Duration::from_millis(20), endless).await.is_err());
                let next = transaction.execute_unprepared(insert).await;
                assert!(next.unwrap_err().to_string().contains("abandoned"));
            }
            drop(transaction);
            assert_eq!(count(&writer, "SELECT count(*) FROM t").await, 0);
        }
        let transaction = writer.begin().await.unwrap();
        transaction
            .execute_unprepared("INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(count(&writer, "SELECT count(*) FROM t").await, 1);
    }

    #[tokio::test]
    async fn a_commit_goes_on_when_nobody_waits_for_it() {
        let writer = Writer::new(one()).unwrap();
        writer
            .execute_unprepared("CREATE TABLE t (i INTEGER)")
            .await
            .unwrap();
        let transaction = writer.begin().await.unwrap();
        transaction
            .execute_unprepared("INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        let mut commit = Box::pin(transaction.commit());
        poll_fn(|context| {
            let _ = commit.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
        drop(commit);
        assert_eq!(count(&writer, "SELECT count(*) FROM t").await, 1);
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_the_timeout_and_nothing_is_lost_by_it() {
        let options = PoolOptions {
            acquire_timeout: Duration::from_millis(20),
            ..one()
        };
        let pool = Pool::new(options).unwrap();
        let lease = pool.acquire().await.unwrap();
        let rejected = pool.acquire().await.err();
        assert!(matches!(
            rejected,
            Some(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
        ));
        drop(lease);
        assert!(pool.acquire().await.is_ok());
        pool.close().await;
        assert_eq!(pool.usage().open, 0);
        assert!(pool.acquire().await.is_err());
        // The permits are back, too.
        assert!(pool.shares.acquire(Party::Server).await.is_ok());
    }
}
