//! The pool of this server against the limits of PostgreSQL.

use sea_orm::{DatabaseConnection, DbBackend, DbErr, FromQueryResult};

use super::{
    database::{or_failed, row},
    report::Verdict,
};
use crate::{config::DatabaseSettings, database::postgres_connections};

/// Whether a node can open all its connections.
pub async fn check(settings: &DatabaseSettings, database: &DatabaseConnection) -> Vec<Verdict> {
    if database.get_database_backend() == DbBackend::Sqlite {
        return vec![Verdict::ok("SQLite has no limit on connections")];
    }
    or_failed(try_check(settings, database).await)
}

#[derive(FromQueryResult)]
struct Limits {
    /// How many connections ordinary users may have. Of the limits of the server, the role and the
    /// database, the lowest counts.
    allowed: i64,
    /// How many others have, apart from Mina.
    used: i64,
}

const LIMITS: &str = "
    SELECT
        least(
            current_setting('max_connections')::bigint
                - current_setting('superuser_reserved_connections')::bigint
                - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::bigint,
            (SELECT CASE WHEN rolconnlimit < 0 THEN 1000000 ELSE rolconnlimit END
                FROM pg_roles WHERE rolname = current_user),
            (SELECT CASE WHEN datconnlimit < 0 THEN 1000000 ELSE datconnlimit END
                FROM pg_database WHERE datname = current_database())
        )::bigint AS allowed,
        (SELECT count(*) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND application_name <> current_setting(
                'application_name')) AS used";

async fn try_check(
    settings: &DatabaseSettings,
    database: &DatabaseConnection,
) -> Result<Vec<Verdict>, DbErr> {
    let Limits { allowed, used } = row(database, LIMITS).await?;
    let needed = postgres_connections(settings);
    let message = format!(
        "a node opens up to {needed} connections; {allowed} are allowed, {used} are used by others"
    );
    let lower =
        "lower `database_pool_size`, raise `max_connections` of PostgreSQL, or use a pooler";
    Ok(vec![if needed > allowed {
        Verdict::failure(message, lower)
    } else if needed > allowed - used {
        Verdict::warning(message, lower)
    } else {
        let nodes = (allowed - used) / needed;
        Verdict::ok(format!(
            "{message}: enough for {}",
            mina_graphql::counted(nodes, "node")
        ))
    }])
}
