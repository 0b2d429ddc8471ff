//! The journal of changes, and the positions of segments in their transcripts. Subscriptions read
//! both.
//!
//! Triggers maintain them, so that every change is recorded, whether it is made by a mutation, an
//! import, a cascade or by hand. The trigger languages of the two databases have nothing in common,
//! so each has its own script.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::{m20260101_000020_create_places::lock, parts::drop_table};

/// Creates and drops the journal, the positions and their triggers.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The script for PostgreSQL.
pub const POSTGRES: &str = include_str!("m20260101_000012_create_journal/postgres.sql");

/// The script for SQLite.
pub const SQLITE: &str = include_str!("m20260101_000012_create_journal/sqlite.sql");

/// The tables that get a trigger.
const TABLES: &str = r#""user", meeting, session, segment, task, participant, analytics, marker, mina_token_generation"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let script = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        // A segment that is written after the positions are filled, but before its trigger exists,
        // would never have a position.
        lock(manager, TABLES).await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(script).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let script = match manager.get_database_backend() {
            DbBackend::Postgres => {
                include_str!("m20260101_000012_create_journal/postgres_down.sql")
            }
            _ => include_str!("m20260101_000012_create_journal/sqlite_down.sql"),
        };
        let connection = manager.get_connection();
        connection.execute_unprepared(script).await?;
        for table in ["mina_segment_position", "mina_transcript", "mina_change"] {
            drop_table(manager, table).await?;
        }
        Ok(())
    }
}
