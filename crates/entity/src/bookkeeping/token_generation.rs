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
    /// The fingerprint of the password hash that a sign-in made when it renewed the hash at another
    /// bcrypt cost. Without effect if the user has another hash by now.
    #[sea_orm(column_type = "String(StringLen::N(16))", nullable)]
    pub renewed_hash: Option<String>,
    /// What tokens carry in place of the fingerprint `renewed_hash`: that of the first hash of the
    /// same password.
    #[sea_orm(column_type = "String(StringLen::N(16))", nullable)]
    pub token_fingerprint: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
