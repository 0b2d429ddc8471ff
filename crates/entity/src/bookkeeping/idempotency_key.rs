//! The `mina_idempotency_key` table.

use sea_orm::entity::prelude::*;

/// The object that a user created with an idempotency key, so that a retry creates no second one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_idempotency_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i32,
    /// The mutation that took the key. The same key may be used with another mutation.
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
    /// A hash of the input that was sent with the key.
    #[sea_orm(column_type = "String(StringLen::N(43))")]
    pub fingerprint: String,
    /// The id of the created row. NULL until the row has been created.
    pub object_id: Option<i32>,
    pub created_at: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
