//! The driver's connection, and how what runs on it is ended.

use std::{sync::Arc, time::Duration};

use sea_orm::sqlx::{
    self, AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection,
};
use tokio::time::timeout;

use super::{cancel::Canceller, clock::StatementClock};

/// How long a statement may continue after it was canceled, before it is canceled again. The first
/// time, PostgreSQL may not have received the statement yet.
const CANCEL_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) enum Driver {
    Postgres {
        connection: PgConnection,
        /// The process that certainly works for this connection, if one does.
        process_id: Option<i32>,
        canceller: Arc<Canceller>,
        /// Behind a pooler, what is sent at the beginning of each transaction.
        prelude: Option<Arc<str>>,
    },
    Sqlite {
        connection: SqliteConnection,
        clock: Arc<StatementClock>,
    },
}

impl Driver {
    /// Whether a pooler lends this connection a session of the server for each transaction.
    pub(super) fn is_pooled(&self) -> bool {
        matches!(
            self,
            Self::Postgres {
                prelude: Some(_),
                ..
            }
        )
    }

    /// Begins a transaction on a session that a pooler lends for it.
    ///
    /// The prelude returns the process of that session, which is known only now. Until then,
    /// nothing may be canceled, because the former process may work for another client.
    pub(super) async fn begin_pooled(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        if let Self::Postgres {
            connection,
            process_id,
            prelude: Some(prelude),
            ..
        } = self
        {
            *process_id = None;
            let script = AssertSqlSafe(format!("{sql}; {prelude}"));
            let row = connection.fetch_one(script).await?;
            *process_id = Some(row.try_get(0)?);
        }
        Ok(())
    }

    /// Takes note that a transaction is about to end. Behind a pooler, its process then works for
    /// others, so nothing may be canceled from here on.
    pub(super) fn release_process(&mut self) {
        if let Self::Postgres {
            process_id,
            prelude: Some(_),
            ..
        } = self
        {
            *process_id = None;
        }
    }

    /// Ends the statement that runs. Returns whether nothing that is sent afterwards can be
    /// canceled.
    pub(super) async fn interrupt(&mut self) -> Result<bool, sqlx::Error> {
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
                process_id: Some(process_id),
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
    pub(super) async fn drain(&mut self) -> Result<(), sqlx::Error> {
        loop {
            match self.ping().await {
                Err(sqlx::Error::Database(_)) => {}
                result => return result,
            }
        }
    }

    pub(super) async fn ping(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres { connection, .. } => connection.ping().await,
            Self::Sqlite { connection, .. } => connection.ping().await,
        }
    }

    /// Rolls a transaction back, if there is one.
    pub(super) async fn rollback(&mut self) -> Result<(), sqlx::Error> {
        self.release_process();
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

    /// Closes the connection in an orderly way, which on SQLite is when the log is written to the
    /// file.
    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres { connection, .. } => connection.close().await,
            Self::Sqlite { connection, .. } => connection.close().await,
        }
    }
}
