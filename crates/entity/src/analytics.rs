//! The `analytics` table.

use sea_orm::entity::prelude::*;

/// The results of analysing a meeting. A meeting has at most one row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Default, DeriveEntityModel)]
#[sea_orm(table_name = "analytics")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// NULL only in an adopted database. Such a row belongs to no workspace and is never shown.
    #[sea_orm(unique)]
    pub meeting_id: Option<i32>,
    pub analysis_status: Option<Status>,
    /// From 0 to 1.
    #[sea_orm(column_type = "Double", nullable)]
    pub meeting_effectiveness_score: Option<f64>,
    /// From 0 to 1.
    #[sea_orm(column_type = "Double", nullable)]
    pub overall_engagement_score: Option<f64>,
    /// From 0 to 1.
    #[sea_orm(column_type = "Double", nullable)]
    pub overall_sentiment_score: Option<f64>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub key_topics: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub action_items_summary: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub decisions_made: Option<Json>,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
    #[sea_orm(belongs_to, from = "meeting_id", to = "id")]
    pub meeting: BelongsTo<Option<super::meeting::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The status of an analysis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Status {
    /// Waiting for a worker.
    #[default]
    Pending,
    /// A worker is processing it.
    Processing,
    /// The results are available.
    Completed,
    /// The analysis failed.
    Error,
}
