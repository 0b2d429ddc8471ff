//! The `marker` table.

use sea_orm::entity::prelude::*;

/// A moment that a user marked in a transcript.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "marker")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// `external_id` of the session.
    #[sea_orm(column_type = "String(StringLen::N(36))")]
    pub session_id: String,
    pub user_id: i32,
    #[sea_orm(column_name = "type")]
    pub kind: Kind,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    /// Position in the recording, in milliseconds.
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

/// What sort of moment a marker marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Kind {
    /// Something was decided.
    Decision,
    /// Something is to be done.
    Todo,
    /// Something may go wrong.
    Risk,
    /// Something is open.
    Question,
}
