//! The `mina_segment_position` table.

use sea_orm::entity::prelude::*;

/// Where a segment stands in the order in which its session's transcript has changed. A segment
/// that changes moves to the end. Triggers keep the table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_segment_position")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub segment_id: i32,
    pub session_id: i32,
    /// From 1, and never given twice in a session.
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
