//! Cancels statements of PostgreSQL that nobody waits for any more.

use std::{fmt, time::Duration};

use sea_orm::sqlx::{
    self, AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection,
    postgres::PgConnectOptions,
};
use tokio::{sync::Mutex, time::timeout};
use tracing::debug;

/// How long one attempt to cancel a statement may take.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection that cancels what runs on others.
///
/// It is in no pool, so it works when all connections of the pools are taken. It is opened when it
/// is needed first, and kept.
pub struct Canceller {
    options: PgConnectOptions,
    connection: Mutex<Option<PgConnection>>,
}

impl Canceller {
    /// A canceller for a server.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            connection: Mutex::default(),
        }
    }

    /// Cancels what the connection with this process id runs. If this returns true, PostgreSQL has
    /// signalled the process, so what is sent on that connection from then on is not cancelled.
    ///
    /// If this returns false, PostgreSQL may signal the process now, later or never. The statement
    /// ends at the latest after its time limit, and nothing else may run on its connection.
    pub(super) async fn cancel(&self, process_id: i32) -> bool {
        let canceled = timeout(CANCEL_TIMEOUT, self.try_cancel(process_id)).await;
        let problem = match canceled {
            Ok(Ok(is_certain)) => return is_certain,
            Ok(Err(error)) => error.to_string(),
            Err(elapsed) => elapsed.to_string(),
        };
        debug!(problem, "cannot cancel a statement");
        false
    }

    /// Returns whether no other signal is under way.
    async fn try_cancel(&self, process_id: i32) -> Result<bool, sqlx::Error> {
        // A connection that is taken out and not put back is closed, also if this is stopped.
        let mut kept = self.connection.lock().await;
        let mut is_certain = true;
        if let Some(mut connection) = kept.take() {
            if signal(&mut connection, process_id).await.is_ok() {
                *kept = Some(connection);
                return Ok(true);
            }
            // PostgreSQL may have received the statement, although it has not answered.
            is_certain = false;
        }
        let mut connection = self.options.connect().await?;
        signal(&mut connection, process_id).await?;
        *kept = Some(connection);
        Ok(is_certain)
    }

    /// Closes the connection.
    pub(super) async fn close(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            // The process ends, and the server notices that by itself.
            let _ = connection.close().await;
        }
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Canceller").finish_non_exhaustive()
    }
}

async fn signal(connection: &mut PgConnection, process_id: i32) -> Result<(), sqlx::Error> {
    // One message, because a pooler may lend another session of the server for the next one.
    let sql = AssertSqlSafe(format!("SELECT pg_cancel_backend({process_id})"));
    connection.execute(sql).await.map(drop)
}
