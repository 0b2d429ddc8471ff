//! The `marker` table.

use sea_orm::entity::prelude::*;

/// A moment in a recording that a user marked.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Default, DeriveEntityModel)]
#[sea_orm(table_name = "marker")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The `external_id` of the session.
    #[sea_orm(column_type = "String(StringLen::N(36))")]
    pub session_id: String,
    pub user_id: i32,
    #[sea_orm(column_name = "type")]
    pub kind: Type,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    /// The position in the recording, in milliseconds.
    pub timestamp: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(50))", nullable)]
    pub speaker: Option<String>,
    pub created_at: Option<DateTime>,
    #[sea_orm(belongs_to, from = "session_id", to = "external_id")]
    pub session: BelongsTo<super::session::Entity>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The type of moment that a marker marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Type {
    /// A decision.
    Decision,
    /// An action item.
    Todo,
    /// A risk.
    Risk,
    /// An open question. A marker of a type that the contract does not know is shown as one.
    #[default]
    Question,
}
