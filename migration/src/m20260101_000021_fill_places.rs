//! The places of the rows that were there before the triggers of the migration `create_places`.
//!
//! A slice of the rows at a time gets its places, in a transaction of its own, so that writers do
//! not wait for long. Rows that have a place are skipped, so the migration can be run again after it
//! was killed.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, Statement},
};

/// Adds the places. The tables are dropped by the migration that created them.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// How many rows get their places at once. It takes about a tenth of a second.
const SLICE: u32 = 5000;

/// How often a slice is tried.
const ATTEMPTS: usize = 5;

/// The tables whose rows have places. Markers get theirs from sessions.
const TABLES: [&str; 4] = ["session", "task", "analytics", "marker"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for table in TABLES {
            let mut after = i32::MIN;
            while let Some(last) = end_of_slice(manager, table, after).await? {
                fill_slice(manager, table, after, last).await?;
                after = last;
            }
            if manager.get_database_backend() == DbBackend::Postgres {
                // Until PostgreSQL does so by itself, it would plan for empty tables.
                connection
                    .execute_unprepared(&format!("ANALYZE mina_{table}_place"))
                    .await?;
            }
        }
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

/// The last id of the slice that begins after an id, or `None` at the end of the table.
async fn end_of_slice(
    manager: &SchemaManager<'_>,
    table: &str,
    after: i32,
) -> Result<Option<i32>, DbErr> {
    let sql = format!(
        "SELECT max(id) AS last FROM (
            SELECT id FROM {table} WHERE id > {after} ORDER BY id LIMIT {SLICE}
        ) AS slice"
    );
    let statement = Statement::from_string(manager.get_database_backend(), sql);
    let row = manager.get_connection().query_one_raw(statement).await?;
    row.map_or(Ok(None), |row| row.try_get("", "last"))
}

/// Adds the missing places of a slice. Writers may be in the way, for example in a deadlock.
async fn fill_slice(
    manager: &SchemaManager<'_>,
    table: &str,
    after: i32,
    last: i32,
) -> Result<(), DbErr> {
    let sql = fill(manager.get_database_backend(), table, after, last);
    let connection = manager.get_connection();
    for _ in 1..ATTEMPTS {
        if connection.execute_unprepared(&sql).await.is_ok() {
            return Ok(());
        }
    }
    connection.execute_unprepared(&sql).await.map(drop)
}

/// The statement that adds the missing places of a slice.
fn fill(backend: DbBackend, table: &str, after: i32, last: i32) -> String {
    let missing = format!(
        "{table}.id > {after} AND {table}.id <= {last}
         AND NOT EXISTS (SELECT 1 FROM mina_{table}_place AS place WHERE place.id = {table}.id)"
    );
    if backend == DbBackend::Postgres {
        let function = match table {
            "session" => "mina_place_sessions",
            "task" => "mina_place_tasks",
            "analytics" => "mina_place_analytics",
            _ => "mina_place_markers",
        };
        let ids = format!("SELECT id FROM {table} WHERE {missing} ORDER BY id");
        return format!("SELECT {function}(ARRAY({ids}), true)");
    }
    let (columns, values) = sqlite_values(table);
    format!(
        "INSERT INTO mina_{table}_place (id, workspace_id, {columns})
         SELECT {table}.id, {values} FROM {table} WHERE {missing}"
    )
}

/// The columns that are copied on SQLite, and the values of the workspace and these columns.
fn sqlite_values(table: &str) -> (&'static str, &'static str) {
    match table {
        "session" => (
            "status, started_at, created_at",
            "coalesce(
                (SELECT workspace_id FROM user WHERE user.id = session.user_id),
                (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)
            ),
            coalesce(status, 'pending'), started_at, coalesce(created_at, '1970-01-01 00:00:00')",
        ),
        "task" => (
            "due_date, created_at",
            "(SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id),
            due_date, coalesce(created_at, '1970-01-01 00:00:00')",
        ),
        "analytics" => (
            "analysis_status, created_at",
            "(SELECT workspace_id FROM meeting WHERE meeting.id = analytics.meeting_id),
            coalesce(analysis_status, 'pending'), coalesce(created_at, '1970-01-01 00:00:00')",
        ),
        _ => (
            "created_at",
            "(SELECT session_place.workspace_id
              FROM session JOIN mina_session_place AS session_place
                  ON session_place.id = session.id
              WHERE session.external_id = marker.session_id),
            coalesce(created_at, '1970-01-01 00:00:00')",
        ),
    }
}
