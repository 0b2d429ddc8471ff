//! A pool of connections, which are given out fairly.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool::managed::{
    self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, WeakPool,
};
use sea_orm::{
    ConnAcquireErr, DbBackend, DbErr, RuntimeErr,
    sqlx::{self, ConnectOptions, postgres::PgConnectOptions, sqlite::SqliteConnectOptions},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tracing::debug;

use super::{
    cancel::Canceller,
    lease::{Lease, Lent},
    outage::Outage,
    session::Session,
    usage,
};
use crate::shares::{Bounds, FairSemaphore, QueueFull};

/// A connection that has been idle for longer than this is pinged before it is used again. Pinging
/// each time would add a round trip to every statement. When one connection is found broken, all
/// that have been idle since are pinged.
const TRUSTED_FOR: Duration = Duration::from_secs(5);

/// How long the answer to such a ping may take.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection that has been idle for longer than this is closed.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);

/// A connection older than this is replaced before it is used again.
const MAX_AGE: Duration = Duration::from_mins(30);

/// How long to wait before connecting again to a server that accepts no connections right now.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// How often to check whether the connections in use have been returned while a pool is closed.
const CLOSE_INTERVAL: Duration = Duration::from_millis(10);

/// How long the connection of abandoned work may take to be ready again, if statements have no
/// limit. Longer than any cancellation takes.
const CLEAN_TIMEOUT: Duration = Duration::from_secs(30);

/// How connections are opened.
#[derive(Clone, Debug)]
pub enum Connect {
    /// To a PostgreSQL server.
    Postgres {
        /// Where the server is.
        options: PgConnectOptions,
        /// Statements that prepare a new connection.
        setup: String,
        /// Cancels statements. All pools of a server share it.
        canceller: Arc<Canceller>,
    },
    /// To a SQLite file.
    Sqlite(SqliteConnectOptions),
}

/// How a pool works.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// How its connections are opened.
    pub connect: Connect,
    /// How its connections are divided. The total is the size of the pool.
    pub bounds: Bounds,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
    /// The maximum duration of a statement. `setup` sets it on PostgreSQL.
    pub statement_limit: Option<Duration>,
    /// Slower statements are logged.
    pub slow_statement: Duration,
    /// Knows when connections are likely to be broken.
    pub outage: Outage,
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
    acquire_timeout: Duration,
    slow_statement: Duration,
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
            acquire_timeout: options.acquire_timeout,
            slow_statement: options.slow_statement,
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
        match self.sessions.get().await {
            Ok(_) => Ok(()),
            Err(PoolError::Backend(error)) => Err(error),
            Err(_) => Err(sqlx::Error::PoolClosed),
        }
    }

    /// Waits for the turn of the party that the current work is done for, and takes a connection.
    pub(super) async fn acquire(&self) -> Result<Lease, DbErr> {
        if *self.closed.borrow() {
            return Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed));
        }
        timeout(self.acquire_timeout, self.take())
            .await
            .unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    async fn take(&self) -> Result<Lease, DbErr> {
        let permit = self.shares.acquire(usage::party()).await;
        let permit =
            permit.map_err(|QueueFull| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
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
            pool: self.clone(),
        }))
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

/// Opens connections, and tests those that may be broken.
#[derive(Debug)]
pub(super) struct Manager {
    connect: Connect,
    statement_limit: Option<Duration>,
    outage: Outage,
}

/// A connection that returns to its pool when it is dropped.
pub(super) type PooledSession = Object<Manager>;

impl managed::Manager for Manager {
    type Type = Session;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Session, sqlx::Error> {
        loop {
            match self.try_create().await {
                Err(error) if is_temporary(&error) => sleep(RETRY_DELAY).await,
                result => return result,
            }
        }
    }

    async fn recycle(
        &self,
        session: &mut Session,
        metrics: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        let unusable = |reason: &'static str| Err(RecycleError::message(reason));
        if !session.is_clean() {
            return unusable("something has not ended on it");
        }
        if matches!(self.connect, Connect::Sqlite(_)) {
            // A connection to a file neither breaks nor ages.
            return Ok(());
        }
        if metrics.age() > MAX_AGE {
            return unusable("it is old");
        }
        let idle_for = session.idle_since.elapsed();
        if idle_for > TRUSTED_FOR || self.outage.needs_test(idle_for) {
            match timeout(PING_TIMEOUT, session.ping()).await {
                Ok(answer) => answer?,
                Err(_) => return unusable("it does not answer"),
            }
        }
        Ok(())
    }
}

impl Manager {
    async fn try_create(&self) -> Result<Session, sqlx::Error> {
        match &self.connect {
            Connect::Postgres {
                options,
                setup,
                canceller,
            } => {
                let connection = options.connect().await?;
                Session::postgres(connection, setup, Arc::clone(canceller)).await
            }
            Connect::Sqlite(options) => {
                Session::sqlite(options.connect().await?, self.statement_limit).await
            }
        }
    }
}

/// Whether a server may accept connections in a moment: it is being started, or has too many.
fn is_temporary(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code == "57P03" || code == "53300"),
        _ => false,
    }
}

impl Session {
    /// Takes note that the connection is not used any more.
    pub(super) fn released(&mut self) {
        self.idle_since = Instant::now();
    }
}
