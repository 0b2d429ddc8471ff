//! The `mina_speaker` table.

use sea_orm::entity::prelude::*;

/// The user that a speaker of a session is.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_speaker")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: i32,
    /// The name that the segments have.
    #[sea_orm(
        primary_key,
        auto_increment = false,
        column_type = "String(StringLen::N(50))"
    )]
    pub name: String,
    pub user_id: i32,
}

impl ActiveModelBehavior for ActiveModel {}
