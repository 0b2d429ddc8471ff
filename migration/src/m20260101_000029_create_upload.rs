//! Uploads of transcripts. On SQLite, the segments of an upload are first stored in slices, in a session
//! that belongs to no workspace, and then moved to their own session by one statement.
//!
//! Everybody else who writes waits for that statement. Triggers that run for each row would make it three
//! times as long, so they leave these sessions out, and the upload assigns the positions by a statement
//! of its own. PostgreSQL needs none of this, but both databases have the same tables.

use sea_orm_migration::{
    prelude::*,
    schema::{date_time, integer},
    sea_orm::DbBackend,
};

use crate::parts::{create_table, drop_table, references};

/// Creates and drops the table `mina_upload`.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The triggers of SQLite, in place of those of the same names.
pub const SQLITE: &str = include_str!("m20260101_000029_create_upload/sqlite.sql");

const DROP_TRIGGERS: &str = "
    DROP TRIGGER mina_segment_inserted;
    DROP TRIGGER mina_segment_updated;";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_table(
            manager,
            Table::create()
                .table("mina_upload")
                .col(integer("session_id").primary_key())
                .col(date_time("touched_at"))
                .foreign_key(
                    references("mina_upload", "session_id", "session")
                        .on_delete(ForeignKeyAction::Cascade),
                ),
            [],
        )
        .await?;
        replace(manager, SQLITE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(
            manager,
            include_str!("m20260101_000029_create_upload/sqlite_down.sql"),
        )
        .await?;
        drop_table(manager, "mina_upload").await
    }
}

/// Replaces the triggers on SQLite. On PostgreSQL there is nothing to do.
async fn replace(manager: &SchemaManager<'_>, triggers: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    let connection = manager.get_connection();
    connection.execute_unprepared(DROP_TRIGGERS).await?;
    connection.execute_unprepared(triggers).await.map(drop)
}
