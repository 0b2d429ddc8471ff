//! The `mina_token_generation` table.

use sea_orm::entity::prelude::*;

/// How often all bearer tokens of a user have been revoked. A token carries the generation in which
/// it was issued, and tokens of earlier generations stay invalid even if a deactivated user is
/// activated again. A user without a row is in generation 0.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_token_generation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i32,
    pub generation: i32,
}

impl ActiveModelBehavior for ActiveModel {}
