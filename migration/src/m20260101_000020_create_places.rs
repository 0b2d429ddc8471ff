//! The places of rows: for each task, analysis, session and marker, the workspace that it belongs
//! to, and copies of the columns by which lists are mostly ordered.
//!
//! These tables have no column for their workspace in the data contract, so a list of one workspace
//! skipped the rows of all others. Triggers keep the places right, whoever writes. The places of
//! existing rows are added by the next migration, so this one is done in a moment.
//!
//! A view for each table, `mina_expected_…_place`, says what the places should be. Triggers, the next
//! migration and `mina migrate check` read it, so the rule is written once for each database.
//!
//! # Copies
//! A copy has the value that lists are ordered by: the column, or the default that NULL stands for.
//! So `ORDER BY` on the copy gives the same order as on the expression of the row. On SQLite, times
//! are text, and the triggers of the migration `normalize_times` rewrite a time that another program
//! wrote in another format, such as `2024-01-01 10:00:00.000000`. Triggers have no fixed order, so
//! those of the places read the row as it is then, and run again after it was rewritten: the copy
//! and the column always hold the same text.
//!
//! # SQLite
//! The triggers do not rely on foreign keys, which other programs may have switched off, nor on
//! triggers of deleted rows, which do not run for rows that `OR REPLACE` deletes.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, TransactionTrait},
};

use crate::parts::drop_table;

/// Creates and drops the places and their triggers.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The scripts for PostgreSQL, in the order in which their tables refer to each other.
pub const POSTGRES: [&str; 8] = [
    include_str!("m20260101_000020_create_places/postgres/locks.sql"),
    include_str!("m20260101_000020_create_places/postgres/session.sql"),
    include_str!("m20260101_000020_create_places/postgres/marker.sql"),
    include_str!("m20260101_000020_create_places/postgres/task.sql"),
    include_str!("m20260101_000020_create_places/postgres/analytics.sql"),
    include_str!("m20260101_000020_create_places/postgres/meeting.sql"),
    include_str!("m20260101_000020_create_places/postgres/user.sql"),
    include_str!("m20260101_000020_create_places/postgres/settings.sql"),
];

/// The scripts for SQLite.
pub const SQLITE: [&str; 7] = [
    include_str!("m20260101_000020_create_places/sqlite/session.sql"),
    include_str!("m20260101_000020_create_places/sqlite/marker.sql"),
    include_str!("m20260101_000020_create_places/sqlite/task.sql"),
    include_str!("m20260101_000020_create_places/sqlite/analytics.sql"),
    include_str!("m20260101_000020_create_places/sqlite/meeting.sql"),
    include_str!("m20260101_000020_create_places/sqlite/user.sql"),
    include_str!("m20260101_000020_create_places/sqlite/replaced.sql"),
];

/// How often PostgreSQL is asked for the locks before the migration fails.
const ATTEMPTS: usize = 30;

/// The tables that get a trigger.
const TABLES: &str = r#""user", meeting, session, task, analytics, marker"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let scripts = match manager.get_database_backend() {
            DbBackend::Postgres => &POSTGRES[..],
            _ => &SQLITE[..],
        };
        lock(manager, TABLES).await?;
        for script in scripts {
            manager.get_connection().execute_unprepared(script).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let script = match manager.get_database_backend() {
            DbBackend::Postgres => {
                include_str!("m20260101_000020_create_places/postgres/down.sql")
            }
            _ => include_str!("m20260101_000020_create_places/sqlite/down.sql"),
        };
        lock(manager, TABLES).await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(script).await?;
        for table in [
            "mina_marker_place",
            "mina_analytics_place",
            "mina_task_place",
            "mina_session_place",
        ] {
            drop_table(manager, table).await?;
        }
        Ok(())
    }
}

/// Locks tables against writers, for as long as it takes to create triggers. While it waits for a
/// long transaction, others queue behind it, so it waits for a second only and tries again later.
pub async fn lock(manager: &SchemaManager<'_>, tables: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let lock =
        format!("SET LOCAL lock_timeout = '1s'; LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE");
    let connection = manager.get_connection();
    let mut attempt = 1;
    loop {
        // A failed attempt is rolled back alone, and releases the locks that it got.
        let savepoint = connection.begin().await?;
        match savepoint.execute_unprepared(&lock).await {
            Ok(_) => return savepoint.commit().await,
            Err(error) if attempt == ATTEMPTS => return Err(error),
            Err(_) => savepoint.rollback().await?,
        }
        connection
            .execute_unprepared("SELECT pg_sleep(0.5)")
            .await?;
        attempt += 1;
    }
}
