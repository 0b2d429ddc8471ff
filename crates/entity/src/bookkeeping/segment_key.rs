//! The `mina_segment_key` table.

use sea_orm::entity::prelude::*;

/// The key that a client chose for a segment. Later versions and retries of the segment carry it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_segment_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: i32,
    #[sea_orm(
        primary_key,
        auto_increment = false,
        column_type = "String(StringLen::N(128))"
    )]
    pub key: String,
    pub segment_id: i32,
}

impl ActiveModelBehavior for ActiveModel {}
