//! The `mina_token_generation` table.

use sea_orm::entity::prelude::*;

/// How often all bearer tokens of a user were ended. A token of an earlier generation stays dead,
/// also when the user comes back. Who has no row here is in generation 0.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_token_generation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i32,
    pub generation: i32,
}

impl ActiveModelBehavior for ActiveModel {}
