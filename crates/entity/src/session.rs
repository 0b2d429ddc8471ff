//! The `session` table.

use sea_orm::entity::prelude::*;

/// A transcription session. It belongs to the workspace of its user or, without one, of the
/// meeting that links it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    /// UUID by which clients know the session, and by which meetings and markers refer to it.
    #[sea_orm(column_type = "String(StringLen::N(36))", unique)]
    pub external_id: String,
    pub status: Option<Status>,
    pub user_id: Option<i32>,
    /// Language code, such as `en`.
    #[sea_orm(column_type = "String(StringLen::N(10))", nullable)]
    pub language: Option<String>,
    /// Whether voice activity detection is on. NULL reads as the default of the contract, true.
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

/// Where a transcription session is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Status {
    /// Made, not yet recording.
    #[default]
    Pending,
    /// Taking in speech.
    Recording,
    /// Recording has ended, text is still being worked on.
    Processing,
    /// The transcript is whole.
    Completed,
    /// Transcription failed.
    Error,
}
