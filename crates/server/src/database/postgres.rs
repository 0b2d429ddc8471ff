//! Connections to a PostgreSQL server: one pool for everything.

use std::time::Duration;

use mina_graphql::{Database, Outage};
use sea_orm::{
    SqlxPostgresConnector,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use tokio::time::timeout;
use url::Url;

use super::{ConnectError, LOCK_TIMEOUT, listening, logged};
use crate::config::DatabaseSettings;

/// The name under which `pg_stat_activity` lists the connections, unless the URL gives another.
const APPLICATION_NAME: &str = "mina";

/// A connection that has been idle for longer than this is pinged before it is used again. Pinging
/// each time would add a round trip to every statement. When one connection is found broken, all
/// that have been idle since are pinged.
const TRUSTED_FOR: Duration = Duration::from_secs(5);

/// Plans each statement once, whatever its values are. A plan for particular values knows how
/// small the limit of a page is beside the average list, so it reads and sorts all rows of the
/// list, which is a disaster for a list far longer than the average. A generic plan reads the rows
/// of a page in the order of an index and stops.
const PLAN_STATEMENTS_ONCE: &str = "SET plan_cache_mode = force_generic_plan";

/// Executes expressions without compiling them. A condition through several relations is expected
/// to be expensive, so PostgreSQL would compile hundreds of functions for seconds, at each
/// execution, where the statement itself takes milliseconds.
const INTERPRET_EXPRESSIONS: &str = "SET jit = off";

/// A connection released this soon after its request was abandoned probably belongs to it.
const RELEASED_WITHIN: Duration = Duration::from_secs(1);

/// Connects to the server.
///
/// The driver sets the time zone of every session to UTC.
///
/// # Errors
/// If the server cannot be reached, or rejects the connection.
pub async fn connect(
    url: &Url,
    settings: &DatabaseSettings,
    statement_limit: Option<Duration>,
) -> Result<Database, ConnectError> {
    let options = options(url, settings)?;
    probe(&options, settings).await?;
    let (watcher, outage) = Outage::watched();
    let pool = pool(settings, statement_limit, &outage).connect_lazy_with(options.clone());
    listening::watch(&pool, &options, watcher);
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    Ok(Database {
        outage,
        reader: connection.clone(),
        writer: connection,
    })
}

/// How to connect, as the URL says.
fn options(url: &Url, settings: &DatabaseSettings) -> Result<PgConnectOptions, ConnectError> {
    let mut options: PgConnectOptions = url
        .as_str()
        .parse()
        .map_err(|error| ConnectError::other(settings, error))?;
    if options.get_application_name().is_none() {
        options = options.application_name(APPLICATION_NAME);
    }
    Ok(logged(options))
}

/// Opens one connection and closes it again. The pool would retry until its timeout and then
/// report only that; a single connection gets the real reason.
async fn probe(
    options: &PgConnectOptions,
    settings: &DatabaseSettings,
) -> Result<(), ConnectError> {
    match timeout(settings.database_acquire_timeout, options.connect()).await {
        Ok(Ok(connection)) => connection
            .close()
            .await
            .map_err(|error| ConnectError::other(settings, error)),
        Ok(Err(error)) => Err(ConnectError::postgres(settings, options, error)),
        Err(_) => Err(ConnectError::no_answer(settings, options)),
    }
}

/// A pool that prepares each new connection, and tests those that may be broken.
fn pool(
    settings: &DatabaseSettings,
    statement_limit: Option<Duration>,
    outage: &Outage,
) -> PgPoolOptions {
    let (outage, watched) = (outage.clone(), outage.clone());
    PgPoolOptions::new()
        .max_connections(settings.database_pool_size)
        .acquire_timeout(settings.database_acquire_timeout)
        .test_before_acquire(false)
        .after_connect(move |connection, _| Box::pin(prepare(connection, statement_limit)))
        .before_acquire(move |connection, state| {
            let idle_for = state.idle_for;
            let is_suspect = idle_for > TRUSTED_FOR || watched.needs_test(idle_for);
            Box::pin(test(connection, is_suspect))
        })
        .after_release(move |connection, _| {
            let is_suspect = outage.was_abandoned_within(RELEASED_WITHIN);
            Box::pin(async move {
                match statement_limit {
                    Some(limit) if is_suspect => answers_within(connection, 2 * limit).await,
                    _ => Ok(true),
                }
            })
        })
}

/// Sets up the session of a new connection.
async fn prepare(
    connection: &mut PgConnection,
    statement_limit: Option<Duration>,
) -> Result<(), sqlx::Error> {
    connection.execute(PLAN_STATEMENTS_ONCE).await?;
    connection.execute(INTERPRET_EXPRESSIONS).await?;
    if let Some(limit) = statement_limit {
        let (limit, lock_limit) = (limit.as_millis(), LOCK_TIMEOUT.as_millis());
        // An abandoned transaction would hold its locks.
        let set = format!(
            "SET statement_timeout = {limit}; \
             SET lock_timeout = {lock_limit}; \
             SET idle_in_transaction_session_timeout = {limit}"
        );
        connection.execute(AssertSqlSafe(set)).await?;
    }
    Ok(())
}

/// Tests a connection that may have broken while it was idle.
async fn test(connection: &mut PgConnection, is_suspect: bool) -> Result<bool, sqlx::Error> {
    if is_suspect {
        connection.ping().await?;
    }
    Ok(true)
}

/// Whether a connection finishes its last statement in time. The driver would wait for it until
/// the operating system gives up on the server, and count the connection as in use meanwhile.
async fn answers_within(
    connection: &mut PgConnection,
    limit: Duration,
) -> Result<bool, sqlx::Error> {
    match timeout(limit, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(elapsed) => Err(sqlx::Error::Io(elapsed.into())),
    }
}
