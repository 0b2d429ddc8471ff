//! Opens connections, and tests those that may be broken.

use std::{io, sync::Arc, time::Duration};

use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult};
use sea_orm::sqlx::{
    self, ConnectOptions, postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};
use tokio::time::{sleep, timeout};

use super::{cancel::Canceller, outage::Outage, session::Session};

/// A connection that has been idle for longer than this is pinged before it is used again. Pinging
/// each time would add a round trip to every statement. When one connection is found broken, all
/// that have been idle since are pinged.
const TRUSTED_FOR: Duration = Duration::from_secs(5);

/// How long the answer to such a ping may take.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection older than this is replaced before it is used again.
const MAX_AGE: Duration = Duration::from_mins(30);

/// How long to wait before connecting again to a server that accepts no connections right now.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// How connections are opened.
#[derive(Clone, Debug)]
pub enum Connect {
    /// To a PostgreSQL server.
    Postgres {
        /// Where the server is, and the settings of a new connection.
        options: PgConnectOptions,
        /// Cancels statements. All pools of a server share it.
        canceller: Arc<Canceller>,
        /// If there is a pooler, which lends each transaction a session of the server: statements to
        /// be sent at the beginning of each transaction. They set what `options` would, until the
        /// end of the transaction, and the last one returns the id of the process.
        prelude: Option<Arc<str>>,
    },
    /// To a SQLite file.
    Sqlite(SqliteConnectOptions),
}

/// Opens connections, and tests those that may be broken.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) connect: Connect,
    pub(super) statement_limit: Option<Duration>,
    pub(super) outage: Outage,
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
                canceller,
                prelude,
            } => {
                let connection = options.connect().await?;
                Session::postgres(connection, Arc::clone(canceller), prelude.clone()).await
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
        sqlx::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code == "57P03" || code == "53300"),
        _ => false,
    }
}
