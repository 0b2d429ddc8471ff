//! The `mina_transcript` table.

use sea_orm::entity::prelude::*;

/// The last position that was given in a session. Triggers keep the table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_transcript")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: i32,
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
