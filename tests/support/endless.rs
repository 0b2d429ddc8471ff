//! Reads that never end.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use super::Outcome;

/// A query that takes for ever, after [`make_markers_endless`] and where there is a marker.
pub const ENDLESS: &str = "{ markers { nodes { content } } }";

/// From now on, markers take for ever to be read.
pub async fn make_markers_endless(connection: &DatabaseConnection) -> Outcome {
    let endless = match connection.get_database_backend() {
        DbBackend::Sqlite => {
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        }
        _ => "SELECT pg_sleep(600)::text",
    };
    for statement in [
        "ALTER TABLE marker RENAME TO marker_stored".to_owned(),
        format!("CREATE VIEW endless AS {endless}"),
        "CREATE VIEW marker AS SELECT marker_stored.* FROM marker_stored CROSS JOIN endless"
            .to_owned(),
    ] {
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}
