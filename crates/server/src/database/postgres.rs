//! Connections to a PostgreSQL server: one pool for reading and one for writing.

use std::{sync::Arc, time::Duration};

use mina_graphql::{Bounds, Canceller, Connect, Database, Outage, PoolOptions, Reader, Writer};
use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector,
    sqlx::{
        ConnectOptions, PgConnection,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use tracing::info;
use url::Url;

use super::{
    ConnectError, WAITING, listening, logged,
    pooler::{Route, prelude, route},
};
use crate::config::DatabaseSettings;

/// The name under which `pg_stat_activity` lists the connections, unless the URL gives another.
const APPLICATION_NAME: &str = "mina";

/// How long a statement waits for a row that another transaction has locked. Mutations are then
/// retried a few times, and give up their connection in between.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a statement of the migrator waits for a lock that another program has. Others queue behind
/// it meanwhile.
const MIGRATION_LOCK_TIMEOUT: &str = "30s";

/// The name of the connection that holds the lock of the migrator.
pub const LOCK_NAME: &str = "mina migration lock";

/// The smallest number of connections for writing. With two, a transaction that waits for a lock
/// leaves one to everybody else.
const MIN_WRITERS: usize = 2;

/// How statements are planned.
const PLANNING: [(&str, &str); 4] = [
    // Each statement is planned once, whatever its values are. A plan for particular values knows
    // how small the limit of a page is beside the average list, so it reads and sorts all rows of
    // the list, which is a disaster for a list far longer than the average. A generic plan reads
    // the rows of a page in the order of an index and stops.
    ("plan_cache_mode", "force_generic_plan"),
    // Expressions are not compiled. A condition through several relations is expected to be
    // expensive, so PostgreSQL would compile hundreds of functions for seconds, at each execution,
    // where the statement itself takes milliseconds.
    ("jit", "off"),
    // Rows are read in the order of an index where there is one. Without knowing the values,
    // PostgreSQL expects a page behind a cursor to have one row, and then finds it no cheaper to
    // read an index in its order than to collect the rows in a bitmap and sort them.
    ("enable_bitmapscan", "off"),
    // No index is ignored. Where there are few workspaces or users, PostgreSQL expects each to have
    // a good part of a table, and would read all of it.
    ("enable_seqscan", "off"),
];

/// Connects to the server.
///
/// # Errors
/// If the server cannot be reached, or rejects the connection.
pub async fn connect(
    url: &Url,
    settings: &DatabaseSettings,
    statement_limit: Option<Duration>,
) -> Result<Database, ConnectError> {
    let options = options(url, settings)?;
    let session = session(statement_limit);
    let (watcher, outage) = Outage::watched();
    let canceller = Arc::new(Canceller::new(options.clone()));
    let connect = match route(&options, settings).await? {
        Route::Direct => Connect::Postgres {
            options: options.clone().options(session),
            canceller,
            prelude: None,
        },
        Route::Pooler => {
            info!(
                "connected through a pooler: settings are sent with each transaction, statements \
                 are planned each time, and changes by other nodes are polled for"
            );
            Connect::Postgres {
                options: options.clone(),
                canceller,
                prelude: Some(prelude(&session).into()),
            }
        }
    };
    let pool = |bounds| PoolOptions {
        connect: connect.clone(),
        bounds,
        acquire_timeout: settings.database_acquire_timeout,
        statement_limit,
        slow_statement: settings.slow_statement,
        outage: outage.clone(),
        file: None,
    };
    let (readers, writers) = sizes(settings.database_pool_size);
    let failed = |error| ConnectError::other(settings, error);
    // One is for the server itself, if there are enough.
    let readers = Bounds::new(readers, WAITING).with_reserved(usize::from(readers > 2));
    let reader = Reader::new(pool(readers)).map_err(failed)?;
    let writer = Writer::new(pool(Bounds::new(writers, WAITING))).map_err(failed)?;
    listening::watch(&options, watcher, reader.closed());
    Ok(Database {
        outage,
        reader,
        writer,
    })
}

/// Opens one connection for the migrator.
///
/// # Errors
/// If the server cannot be reached, rejects the connection, or is behind a pooler: the migrator
/// needs a session of its own for its statements and transactions.
pub async fn connect_migrator(
    url: &Url,
    settings: &DatabaseSettings,
) -> Result<DatabaseConnection, ConnectError> {
    let options = options(url, settings)?;
    if route(&options, settings).await? == Route::Pooler {
        return Err(ConnectError::pooler(&options));
    }
    let options = options.options([("lock_timeout", MIGRATION_LOCK_TIMEOUT)]);
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options);
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// Opens the connection that holds the lock of the migrator.
///
/// # Errors
/// If the server cannot be reached, or rejects the connection.
pub async fn connect_lock(
    url: &Url,
    settings: &DatabaseSettings,
) -> Result<PgConnection, ConnectError> {
    let options = options(url, settings)?.application_name(LOCK_NAME);
    let connection = options.connect().await;
    connection.map_err(|error| ConnectError::postgres(settings, &options, error))
}

/// How many connections are for reading and for writing. A quarter is for writing, where
/// transactions wait for the locks of others.
pub(super) fn sizes(pool_size: u32) -> (usize, usize) {
    let pool_size = pool_size as usize;
    let writers = (pool_size / 4).max(MIN_WRITERS);
    (pool_size.saturating_sub(writers).max(1), writers)
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
    // Poolers reject this parameter, and every supported server sends all digits anyway.
    Ok(logged(options).extra_float_digits(None))
}

/// The settings of the session of a connection. They are sent when it is opened, so that they are
/// the defaults of the session, or behind a pooler at the beginning of each transaction: nothing
/// that Mina sets is left on a session that a pooler lends to others. The driver sets the time zone
/// to UTC.
fn session(statement_limit: Option<Duration>) -> Vec<(&'static str, String)> {
    let mut session: Vec<_> = PLANNING
        .map(|(name, value)| (name, value.to_owned()))
        .into();
    if let Some(limit) = statement_limit {
        let limit = limit.as_millis().to_string();
        session.extend([
            ("statement_timeout", limit.clone()),
            ("lock_timeout", LOCK_TIMEOUT.as_millis().to_string()),
            // An abandoned transaction would hold its locks.
            ("idle_in_transaction_session_timeout", limit),
        ]);
    }
    session
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pooled_transaction_begins_with_the_settings_and_asks_for_its_process() {
        let settings = [
            ("jit", "off".to_owned()),
            ("lock_timeout", "1000".to_owned()),
        ];
        assert_eq!(
            prelude(&settings),
            "SET LOCAL jit = 'off'; SET LOCAL lock_timeout = '1000'; SELECT pg_backend_pid()"
        );
    }

    #[test]
    fn a_quarter_of_the_connections_is_for_writing() {
        for (pool_size, expected) in [
            (1, (1, 2)),
            (2, (1, 2)),
            (3, (1, 2)),
            (8, (6, 2)),
            (20, (15, 5)),
            (100, (75, 25)),
        ] {
            assert_eq!(sizes(pool_size), expected, "{pool_size}");
        }
    }
}
