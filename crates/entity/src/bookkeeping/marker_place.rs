//! The `mina_marker_place` table.

use sea_orm::entity::prelude::*;

/// The place of a marker: its workspace, and copies of the columns by which lists are mostly ordered.
/// Every marker has one. Triggers maintain this table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_marker_place")]
pub struct Model {
    /// The id of the marker.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// NULL if the marker belongs to no workspace.
    pub workspace_id: Option<i32>,
    pub user_id: i32,
    /// The time of creation, where NULL is the start of 1970.
    pub created_at: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
