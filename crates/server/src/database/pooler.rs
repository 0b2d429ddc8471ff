//! Detects a pooler between this server and PostgreSQL.
//!
//! A pooler such as PgBouncer may lend each transaction another session of the server. Whatever is
//! left on a session is then met by other clients: settings, prepared statements, `LISTEN`. A pooler
//! that shares sessions cannot pass on the `options` of a connection, so it rejects them or leaves
//! them out. A setting among them that means nothing else shows whether they have arrived.

use sea_orm::sqlx::{
    self, ConnectOptions, Connection, Executor, PgConnection, Row, postgres::PgConnectOptions,
};
use tokio::time::timeout;

use super::ConnectError;
use crate::config::DatabaseSettings;

/// The setting that shows that `options` arrive. Nobody reads it otherwise.
const MARK: (&str, &str) = ("mina.direct", "on");

/// Reads that setting, in one message, because the next one may get another session.
const READ_MARK: &str = "SELECT coalesce(current_setting('mina.direct', true), '')";

/// The code with which a pooler rejects a parameter of a new connection: "protocol violation".
const REJECTED_PARAMETER: &str = "08P01";

/// The way to PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Each connection is a session of its own.
    Direct,
    /// Each transaction may run on another session.
    Pooler,
}

/// Opens a connection, to see whether that is possible and which way it goes.
///
/// # Errors
/// If the server cannot be reached, or rejects the connection.
pub async fn route(
    options: &PgConnectOptions,
    settings: &DatabaseSettings,
) -> Result<Route, ConnectError> {
    let marked = options.clone().options([MARK]);
    let first = match timeout(settings.database_acquire_timeout, read_mark(&marked)).await {
        Ok(Err(error)) if is_rejected_parameter(&error) => {
            timeout(settings.database_acquire_timeout, read_mark(options)).await
        }
        outcome => outcome,
    };
    match first {
        Ok(Ok(mark)) if mark == MARK.1 => Ok(Route::Direct),
        Ok(Ok(_)) => Ok(Route::Pooler),
        Ok(Err(error)) => Err(ConnectError::postgres(settings, options, error)),
        Err(_) => Err(ConnectError::no_answer(settings, options)),
    }
}

/// Opens one connection, and closes it again. A pool would retry until its timeout and then report
/// only that; a single connection gets the real reason.
async fn read_mark(options: &PgConnectOptions) -> Result<String, sqlx::Error> {
    let mut connection: PgConnection = options.connect().await?;
    let mark = connection.fetch_one(READ_MARK).await?.try_get(0)?;
    connection.close().await?;
    Ok(mark)
}

fn is_rejected_parameter(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some(REJECTED_PARAMETER))
}

/// What is sent at the beginning of a transaction, together with `BEGIN`. The last statement returns
/// the id of the process that works for the transaction.
pub fn prelude(settings: &[(&str, String)]) -> String {
    let set = |(name, value): &(&str, String)| format!("SET LOCAL {name} = '{value}'; ");
    let settings: String = settings.iter().map(set).collect();
    format!("{settings}SELECT pg_backend_pid()")
}
