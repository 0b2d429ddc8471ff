//! The `mina_transcript` table.

use sea_orm::entity::prelude::*;

/// The highest position that has been assigned in a session. Triggers maintain this table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_transcript")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: i32,
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
