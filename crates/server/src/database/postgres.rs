//! Connections to a PostgreSQL server: one pool for everything.

use std::time::Duration;

use mina_graphql::{Database, Outage, is_suspect};
use sea_orm::{
    SqlxPostgresConnector,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use tokio::time::timeout;
use url::Url;

use super::{ConnectError, listening, logged};
use crate::config::DatabaseSettings;

/// The name under which `pg_stat_activity` lists the connections, unless the URL gives another.
const APPLICATION_NAME: &str = "mina";

/// How long a connection may lie unused before it is tried out ahead of its next use. Trying it
/// each time would add a round trip to every statement. Where one has been found broken, all that
/// have not been used since are tried.
const TRUSTED_FOR: Duration = Duration::from_secs(5);

/// Plans each statement once, whatever its values are. A plan for particular values knows how
/// small the limit of a page is beside the average list, then takes all rows of the list and sorts
/// them, and that is a disaster for a list that is far longer than the average. A plan for any
/// values reads the rows of a page in the order of an index and stops.
const PLAN_STATEMENTS_ONCE: &str = "SET plan_cache_mode = force_generic_plan";

/// How soon after it was given up the connection of some work is released.
const RELEASE: Duration = Duration::from_secs(1);

/// Connects to the server.
///
/// The driver sets the time zone of every session to UTC.
///
/// # Errors
/// If the server cannot be reached, or refuses.
pub async fn connect(
    url: &Url,
    settings: &DatabaseSettings,
    statement_limit: Option<Duration>,
) -> Result<Database, ConnectError> {
    let mut options: PgConnectOptions = url
        .as_str()
        .parse()
        .map_err(|error| ConnectError::other(settings, error))?;
    if options.get_application_name().is_none() {
        options = options.application_name(APPLICATION_NAME);
    }
    let options = logged(options);

    // The pool would go on trying until its timeout and then report only that, so a single
    // connection asks first and gets the real reason.
    match timeout(settings.database_acquire_timeout, options.connect()).await {
        Ok(Ok(connection)) => connection
            .close()
            .await
            .map_err(|error| ConnectError::other(settings, error))?,
        Ok(Err(error)) => return Err(ConnectError::postgres(settings, &options, error)),
        Err(_) => return Err(ConnectError::no_answer(settings, &options)),
    }

    let (watcher, outage) = Outage::watched();
    let pool = PgPoolOptions::new()
        .max_connections(settings.database_pool_size)
        .acquire_timeout(settings.database_acquire_timeout)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(PLAN_STATEMENTS_ONCE).await?;
                if let Some(limit) = statement_limit {
                    let limit = limit.as_millis();
                    // A transaction that nobody goes on with holds locks.
                    let set = format!(
                        "SET statement_timeout = {limit}; \
                         SET idle_in_transaction_session_timeout = {limit}"
                    );
                    connection.execute(AssertSqlSafe(set)).await?;
                }
                Ok(())
            })
        })
        .before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for > TRUSTED_FOR || is_suspect(state.idle_for) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_release({
            let outage = outage.clone();
            move |connection, _| {
                let is_suspect = outage.was_abandoned_within(RELEASE);
                Box::pin(async move {
                    match statement_limit {
                        Some(limit) if is_suspect => answer_in(connection, 2 * limit).await,
                        _ => Ok(true),
                    }
                })
            }
        })
        .connect_lazy_with(options.clone());
    listening::watch(&pool, &options, watcher);
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    Ok(Database {
        outage,
        reader: connection.clone(),
        writer: connection,
    })
}

/// Whether what a connection still has to answer is answered in time. The driver would wait for it
/// until the operating system gives the server up, and count the connection as taken meanwhile.
async fn answer_in(connection: &mut PgConnection, limit: Duration) -> Result<bool, sqlx::Error> {
    match timeout(limit, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(elapsed) => Err(sqlx::Error::Io(elapsed.into())),
    }
}
