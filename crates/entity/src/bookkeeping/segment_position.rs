//! The `mina_segment_position` table.

use sea_orm::entity::prelude::*;

/// The position of a segment in the order in which its session's transcript changed. A segment
/// that changes moves to the end. Triggers maintain this table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_segment_position")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub segment_id: i32,
    pub session_id: i32,
    /// Counts from 1. A session never uses the same position twice.
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
