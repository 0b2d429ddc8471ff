//! Live transcription sessions.

use sea_orm_migration::{
    prelude::*,
    schema::{boolean_null, date_time_null, integer_null, pk_auto, string_len, string_len_null},
};

use crate::parts::{
    asc, closed_set, create_table, desc, drop_table, index, references, timestamp_now, unique_index,
};

/// Creates and drops the table `session`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        const STATUSES: [&str; 5] = ["pending", "recording", "processing", "completed", "error"];

        create_table(
            manager,
            Table::create()
                .table("session")
                .col(pk_auto("id"))
                .col(string_len("external_id", 36))
                .col(closed_set("session", "status", STATUSES).default("pending"))
                .col(integer_null("user_id"))
                .col(string_len_null("language", 10).default("en"))
                .col(boolean_null("vad_enabled").default(true))
                .col(date_time_null("started_at"))
                .col(date_time_null("ended_at"))
                .col(timestamp_now(manager, "created_at"))
                .foreign_key(&mut references("session", "user_id", "user")),
            [
                unique_index("session", [asc("external_id")]),
                index("session", [asc("user_id")]),
                index("session", [asc("status"), desc("started_at")]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "session").await
    }
}
