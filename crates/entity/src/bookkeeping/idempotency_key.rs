//! The `mina_idempotency_key` table.

use sea_orm::entity::prelude::*;

/// What a user created under a key of theirs, so that a retry creates nothing twice.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_idempotency_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i32,
    /// The mutation, so that keys of different ones do not meet.
    #[sea_orm(
        primary_key,
        auto_increment = false,
        column_type = "String(StringLen::N(64))"
    )]
    pub mutation: String,
    #[sea_orm(
        primary_key,
        auto_increment = false,
        column_type = "String(StringLen::N(128))"
    )]
    pub key: String,
    /// The hash of the input that came with the key.
    #[sea_orm(column_type = "String(StringLen::N(43))")]
    pub fingerprint: String,
    /// The row that was created. NULL while it is being created.
    pub object_id: Option<i32>,
    pub created_at: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
