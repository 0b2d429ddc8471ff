//! The `mina_analytics_place` table.

use sea_orm::entity::prelude::*;

/// The place of an analysis: its workspace, and copies of the columns by which lists are mostly ordered.
/// Every analysis has one. Triggers maintain this table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_analytics_place")]
pub struct Model {
    /// The id of the analysis.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// NULL if the analysis belongs to no workspace.
    pub workspace_id: Option<i32>,
    /// The status, where NULL is the default.
    pub analysis_status: String,
    /// The time of creation, where NULL is the start of 1970.
    pub created_at: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
