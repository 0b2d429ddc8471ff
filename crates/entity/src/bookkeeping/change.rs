//! The `mina_change` table.

use sea_orm::entity::prelude::*;

/// An entry of the journal: one row was created, updated or deleted. Triggers write the entries,
/// subscriptions read them, and the server deletes them after a few minutes.
///
/// PostgreSQL has one more column, `transaction`: the id of the transaction that made the change.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The GraphQL type of the changed row, `User`, or `Transcript`.
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub subject: String,
    pub row_id: i32,
    /// The meeting that the row belongs to or, for a marker, the session.
    pub parent_id: Option<i32>,
    pub workspace_id: Option<i32>,
    /// `created`, `updated` or `deleted`.
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub action: String,
    /// When the change happened, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
