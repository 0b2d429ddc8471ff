//! The `session` table.

use sea_orm::entity::prelude::*;

/// A transcription session. It belongs to the workspace of its user or, if it has none, to the
/// workspace of the meeting that links it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Default, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The UUID that identifies the session to clients. Meetings and markers refer to it.
    #[sea_orm(column_type = "String(StringLen::N(36))", unique)]
    pub external_id: String,
    pub status: Option<Status>,
    pub user_id: Option<i32>,
    /// A language code such as `en`.
    #[sea_orm(column_type = "String(StringLen::N(10))", nullable)]
    pub language: Option<String>,
    /// Whether voice activity detection is on. NULL means the contract's default, true.
    pub vad_enabled: Option<bool>,
    pub started_at: Option<DateTime>,
    pub ended_at: Option<DateTime>,
    pub created_at: Option<DateTime>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<Option<super::user::Entity>>,
    #[sea_orm(has_one)]
    pub meeting: HasOne<super::meeting::Entity>,
    #[sea_orm(has_many)]
    pub segments: HasMany<super::segment::Entity>,
    #[sea_orm(has_many)]
    pub markers: HasMany<super::marker::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The status of a transcription session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Status {
    /// Created, not yet recording.
    #[default]
    Pending,
    /// Recording speech.
    Recording,
    /// The recording has ended, but the text is still being processed.
    Processing,
    /// The transcript is complete.
    Completed,
    /// Transcription failed.
    Error,
}
