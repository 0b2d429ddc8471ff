//! The deletions of segments, at their positions in the history of the transcript, so that
//! subscribers hear of them. The deletion of a session is noted in the journal for the same reason.
//!
//! The server forgets a deletion after a week.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::{m20260101_000020_create_places::lock, parts::drop_table};

/// Creates and drops the table `mina_segment_deletion` and its triggers.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The script for PostgreSQL.
pub const POSTGRES: &str = include_str!("m20260101_000030_note_deletions/postgres.sql");

/// The script for SQLite.
pub const SQLITE: &str = include_str!("m20260101_000030_note_deletions/sqlite.sql");

/// The tables that get a trigger.
const TABLES: &str = "session, segment";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, POSTGRES, SQLITE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            include_str!("m20260101_000030_note_deletions/postgres_down.sql"),
            include_str!("m20260101_000030_note_deletions/sqlite_down.sql"),
        )
        .await?;
        drop_table(manager, "mina_segment_deletion").await
    }
}

async fn run(manager: &SchemaManager<'_>, postgres: &str, sqlite: &str) -> Result<(), DbErr> {
    lock(manager, TABLES).await?;
    let script = match manager.get_database_backend() {
        DbBackend::Postgres => postgres,
        _ => sqlite,
    };
    let connection = manager.get_connection();
    connection.execute_unprepared(script).await.map(drop)
}
