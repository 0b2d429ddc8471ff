//! The places of participants: the workspace of each, and its user. A user may take part in meetings
//! of other workspaces, whose number must not matter to the list of the user's participations.
//!
//! They are maintained as those of the migration `create_places` are. The next migration adds those
//! of existing participants.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::m20260101_000020_create_places::lock;

/// Creates and drops the places and their triggers.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The script for PostgreSQL.
pub const POSTGRES: &str = include_str!("m20260101_000023_place_participants/postgres.sql");

/// The script for SQLite.
pub const SQLITE: &str = include_str!("m20260101_000023_place_participants/sqlite.sql");

/// The tables that get a trigger.
const TABLES: &str = "meeting, participant";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, POSTGRES, SQLITE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            include_str!("m20260101_000023_place_participants/postgres_down.sql"),
            include_str!("m20260101_000023_place_participants/sqlite_down.sql"),
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
