//! The `mina_segment_deletion` table.

use sea_orm::entity::prelude::*;

/// The deletion of a segment, at its position in the order in which the session's transcript changed.
/// Triggers write these rows, and the server deletes them after a week.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_segment_deletion")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// The id that the segment had.
    pub segment_id: i32,
    /// When the segment was deleted, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
