//! Analytics: the generated insights of a meeting, at most one row per meeting.

use sea_orm_migration::{
    prelude::*,
    schema::{double_null, integer_null, json_binary_null, pk_auto},
};

use crate::parts::{
    asc, closed_set, create_table, desc, drop_table, index, references, timestamp_now, unique_index,
};

/// Creates and drops the table `analytics`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        const STATUSES: [&str; 4] = ["pending", "processing", "completed", "error"];

        create_table(
            manager,
            Table::create()
                .table("analytics")
                .col(pk_auto("id"))
                .col(integer_null("meeting_id"))
                .col(closed_set("analytics", "analysis_status", STATUSES).default("pending"))
                .col(double_null("meeting_effectiveness_score"))
                .col(double_null("overall_engagement_score"))
                .col(double_null("overall_sentiment_score"))
                .col(json_binary_null("key_topics"))
                .col(json_binary_null("action_items_summary"))
                .col(json_binary_null("decisions_made"))
                .col(timestamp_now(manager, "created_at"))
                .col(timestamp_now(manager, "updated_at"))
                .foreign_key(
                    references("analytics", "meeting_id", "meeting")
                        .on_delete(ForeignKeyAction::Cascade),
                ),
            [
                unique_index("analytics", [asc("meeting_id")]),
                index("analytics", [asc("analysis_status"), desc("created_at")]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "analytics").await
    }
}
