//! The `participant` table.

use sea_orm::entity::prelude::*;

/// A user's participation in a meeting. There is at most one row per user and meeting.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Default, DeriveEntityModel)]
#[sea_orm(table_name = "participant")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub meeting_id: i32,
    pub user_id: i32,
    pub role: Option<Role>,
    pub status: Option<Status>,
    pub joined_at: Option<DateTime>,
    pub left_at: Option<DateTime>,
    /// When the user was invited.
    pub created_at: Option<DateTime>,
    #[sea_orm(belongs_to, from = "meeting_id", to = "id")]
    pub meeting: BelongsTo<super::meeting::Entity>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The role of a participant in a meeting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Role {
    /// Runs the meeting.
    Organizer,
    /// Presents.
    Presenter,
    /// Attends.
    #[default]
    Participant,
}

/// How a participant responded, and whether they attended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Status {
    /// Has not responded.
    #[default]
    Invited,
    /// Plans to attend.
    Accepted,
    /// Does not plan to attend.
    Declined,
    /// Attended.
    Attended,
}
