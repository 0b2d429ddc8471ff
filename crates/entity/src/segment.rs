//! The `segment` table.

use sea_orm::entity::prelude::*;

/// A piece of transcribed speech.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Default, DeriveEntityModel)]
#[sea_orm(table_name = "segment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub session_id: i32,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// The transcriber's confidence, from 0 to 1.
    #[sea_orm(column_type = "Double", nullable)]
    pub confidence: Option<f64>,
    /// Milliseconds from the start of the recording.
    pub start_ms: Option<i32>,
    /// Milliseconds from the start of the recording.
    pub end_ms: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(50))", nullable)]
    pub speaker: Option<String>,
    /// The language code detected in this segment.
    #[sea_orm(column_type = "String(StringLen::N(10))", nullable)]
    pub language: Option<String>,
    pub kind: Option<Kind>,
    pub created_at: Option<DateTime>,
    #[sea_orm(belongs_to, from = "session_id", to = "id")]
    pub session: BelongsTo<super::session::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// How final the text of a segment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Kind {
    /// A preliminary text that a later version replaces.
    Interim,
    /// The transcriber's final text.
    #[default]
    Final,
    /// Corrected by a person.
    Corrected,
}
