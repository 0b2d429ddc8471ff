//! Tasks: the action items of a meeting.

use sea_orm_migration::{
    prelude::*,
    schema::{date_null, date_time_null, integer, integer_null, pk_auto, string_len, text_null},
};

use crate::parts::{asc, closed_set, create_table, drop_table, index, references, timestamp_now};

/// Creates and drops the table `task`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        const STATUSES: [&str; 4] = ["todo", "in_progress", "completed", "cancelled"];
        const PRIORITIES: [&str; 4] = ["low", "medium", "high", "critical"];

        create_table(
            manager,
            Table::create()
                .table("task")
                .col(pk_auto("id"))
                .col(string_len("title", 255))
                .col(text_null("description"))
                .col(closed_set("task", "status", STATUSES).default("todo"))
                .col(closed_set("task", "priority", PRIORITIES).default("medium"))
                .col(integer("meeting_id"))
                .col(integer_null("assigned_to_id"))
                .col(integer("created_by_id"))
                .col(date_null("due_date"))
                .col(date_time_null("completed_at"))
                .col(integer_null("depends_on_task_id"))
                .col(timestamp_now(manager, "created_at"))
                .col(timestamp_now(manager, "updated_at"))
                .foreign_key(
                    references("task", "meeting_id", "meeting")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .foreign_key(&mut references("task", "assigned_to_id", "user"))
                .foreign_key(&mut references("task", "created_by_id", "user"))
                .foreign_key(
                    references("task", "depends_on_task_id", "task")
                        .on_delete(ForeignKeyAction::SetNull),
                ),
            [
                index(
                    "task",
                    [asc("assigned_to_id"), asc("status"), asc("due_date")],
                ),
                index("task", [asc("meeting_id"), asc("status")]),
                index("task", [asc("created_by_id")]),
                index("task", [asc("depends_on_task_id")]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "task").await
    }
}
