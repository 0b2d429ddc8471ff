//! Participants: the users who were invited to a meeting, and whether they attended.

use sea_orm_migration::{
    prelude::*,
    schema::{date_time_null, integer, pk_auto},
};

use crate::parts::{
    asc, closed_set, create_table, drop_table, index, references, timestamp_now, unique_index,
};

/// Creates and drops the table `participant`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        const ROLES: [&str; 3] = ["organizer", "presenter", "participant"];
        const STATUSES: [&str; 4] = ["invited", "accepted", "declined", "attended"];

        create_table(
            manager,
            Table::create()
                .table("participant")
                .col(pk_auto("id"))
                .col(integer("meeting_id"))
                .col(integer("user_id"))
                .col(closed_set("participant", "role", ROLES).default("participant"))
                .col(closed_set("participant", "status", STATUSES).default("invited"))
                .col(date_time_null("joined_at"))
                .col(date_time_null("left_at"))
                .col(timestamp_now(manager, "created_at"))
                .foreign_key(
                    references("participant", "meeting_id", "meeting")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .foreign_key(&mut references("participant", "user_id", "user")),
            [
                unique_index("participant", [asc("meeting_id"), asc("user_id")]),
                index("participant", [asc("user_id")]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "participant").await
    }
}
