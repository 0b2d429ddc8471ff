//! Meetings. `session_id` holds a `session.external_id` and is not a foreign key.

use sea_orm_migration::{
    prelude::*,
    schema::{date_time_null, integer, pk_auto, string_len, string_len_null, text_null},
};

use crate::parts::{
    asc, closed_set, create_table, desc, drop_table, index, references, timestamp_now, unique_index,
};

/// Creates and drops the table `meeting`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        const STATUSES: [&str; 5] = ["draft", "scheduled", "live", "completed", "cancelled"];

        create_table(
            manager,
            Table::create()
                .table("meeting")
                .col(pk_auto("id"))
                .col(string_len("title", 255))
                .col(text_null("description"))
                .col(closed_set("meeting", "status", STATUSES).default("draft"))
                .col(integer("workspace_id"))
                .col(integer("organizer_id"))
                .col(string_len_null("session_id", 36))
                .col(date_time_null("scheduled_start"))
                .col(date_time_null("scheduled_end"))
                .col(timestamp_now(manager, "created_at"))
                .col(timestamp_now(manager, "updated_at"))
                .foreign_key(&mut references("meeting", "workspace_id", "workspace"))
                .foreign_key(&mut references("meeting", "organizer_id", "user")),
            [
                index(
                    "meeting",
                    [asc("workspace_id"), asc("status"), desc("created_at")],
                ),
                index("meeting", [asc("workspace_id"), asc("scheduled_start")]),
                index("meeting", [asc("organizer_id")]),
                unique_index("meeting", [asc("session_id")]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "meeting").await
    }
}
