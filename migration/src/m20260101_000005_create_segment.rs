//! Segments: the pieces of a session's transcribed text.

use sea_orm_migration::{
    prelude::*,
    schema::{double_null, integer, integer_null, pk_auto, string_len_null, text},
};

use crate::parts::{asc, closed_set, create_table, drop_table, index, references, timestamp_now};

/// Creates and drops the table `segment`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_table(
            manager,
            Table::create()
                .table("segment")
                .col(pk_auto("id"))
                .col(integer("session_id"))
                .col(text("text"))
                .col(double_null("confidence"))
                .col(integer_null("start_ms"))
                .col(integer_null("end_ms"))
                .col(string_len_null("speaker", 50))
                .col(string_len_null("language", 10))
                .col(
                    closed_set("segment", "kind", ["interim", "final", "corrected"])
                        .default("final"),
                )
                .col(timestamp_now(manager, "created_at"))
                .foreign_key(
                    references("segment", "session_id", "session")
                        .on_delete(ForeignKeyAction::Cascade),
                ),
            [
                index("segment", [asc("session_id"), asc("start_ms")]),
                index("segment", [asc("kind")]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "segment").await
    }
}
