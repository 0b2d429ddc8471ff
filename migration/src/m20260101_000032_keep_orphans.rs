//! Positions of segments whose session does not exist.
//!
//! The tables of an adopted database may have no foreign keys, so another program can store a segment
//! before its session, or delete a session whose segments stay. A transcript is therefore no longer
//! deleted with its session by a foreign key, but by the trigger of the session, and only if no segment
//! is left: positions are never given twice.
//!
//! Participants and markers without a user, and tasks without a creator, are not placed, because
//! nobody could see them.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::m20260101_000020_create_places::lock;

/// Releases transcripts from their sessions, and binds them again.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The script for PostgreSQL.
pub const POSTGRES: &str = include_str!("m20260101_000032_keep_orphans/postgres.sql");

/// The script for SQLite.
pub const SQLITE: &str = include_str!("m20260101_000032_keep_orphans/sqlite.sql");

/// The tables whose triggers change.
const TABLES: &str = "session, segment, task, participant, marker";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, POSTGRES, SQLITE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            include_str!("m20260101_000032_keep_orphans/postgres_down.sql"),
            include_str!("m20260101_000032_keep_orphans/sqlite_down.sql"),
        )
        .await
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
