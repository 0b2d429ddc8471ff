//! The `mina_change` table.

use sea_orm::entity::prelude::*;

/// That a row has changed. Triggers write it, subscriptions follow it, and it is soon forgotten.
///
/// On PostgreSQL there is one column more, `transaction`: which transaction it was.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What the row is: the name of a type of the graph, or `Transcript`.
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub subject: String,
    pub row_id: i32,
    /// The meeting, or for a marker the session, that it belongs to.
    pub parent_id: Option<i32>,
    pub workspace_id: Option<i32>,
    /// `created`, `updated` or `deleted`.
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub action: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
