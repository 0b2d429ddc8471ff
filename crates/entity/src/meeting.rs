//! The `meeting` table.

use sea_orm::entity::prelude::*;

/// A meeting: its schedule, its status and its links.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Default, DeriveEntityModel)]
#[sea_orm(table_name = "meeting")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub title: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub description: Option<String>,
    pub status: Option<Status>,
    pub workspace_id: i32,
    pub organizer_id: i32,
    /// The `external_id` of the transcription session. A session is linked by at most one meeting.
    #[sea_orm(column_type = "String(StringLen::N(36))", nullable, unique)]
    pub session_id: Option<String>,
    pub scheduled_start: Option<DateTime>,
    pub scheduled_end: Option<DateTime>,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
    #[sea_orm(belongs_to, from = "workspace_id", to = "id")]
    pub workspace: BelongsTo<super::workspace::Entity>,
    #[sea_orm(belongs_to, from = "organizer_id", to = "id")]
    pub organizer: BelongsTo<super::user::Entity>,
    #[sea_orm(belongs_to, from = "session_id", to = "external_id")]
    pub session: BelongsTo<Option<super::session::Entity>>,
    #[sea_orm(has_many)]
    pub tasks: HasMany<super::task::Entity>,
    #[sea_orm(has_many)]
    pub participants: HasMany<super::participant::Entity>,
    #[sea_orm(has_one)]
    pub analytics: HasOne<super::analytics::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The status of a meeting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Status {
    /// In preparation, without a fixed time.
    #[default]
    Draft,
    /// Has a fixed time.
    Scheduled,
    /// In progress.
    Live,
    /// Has taken place.
    Completed,
    /// Will not take place.
    Cancelled,
}
