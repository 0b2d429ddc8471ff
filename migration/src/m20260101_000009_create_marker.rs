//! Markers: moments of a recording that a user marked. `session_id` holds a `session.external_id`
//! and is not a foreign key.

use sea_orm_migration::{
    prelude::*,
    schema::{integer, integer_null, pk_auto, string_len, string_len_null, text},
};

use crate::parts::{asc, closed_set, create_table, drop_table, index, references, timestamp_now};

/// Creates and drops the table `marker`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_table(
            manager,
            Table::create()
                .table("marker")
                .col(pk_auto("id"))
                .col(string_len("session_id", 36))
                .col(integer("user_id"))
                .col(
                    closed_set("marker", "type", ["decision", "todo", "risk", "question"])
                        .not_null(),
                )
                .col(text("content"))
                .col(integer_null("timestamp"))
                .col(string_len_null("speaker", 50))
                .col(timestamp_now(manager, "created_at"))
                .foreign_key(&mut references("marker", "user_id", "user")),
            [
                index("marker", [asc("session_id"), asc("timestamp")]),
                index("marker", [asc("user_id")]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "marker").await
    }
}
