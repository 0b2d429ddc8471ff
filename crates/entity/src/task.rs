//! The `task` table.

use sea_orm::entity::prelude::*;

/// An action item of a meeting.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, Default, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub title: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub description: Option<String>,
    pub status: Option<Status>,
    pub priority: Option<Priority>,
    pub meeting_id: i32,
    pub assigned_to_id: Option<i32>,
    pub created_by_id: i32,
    pub due_date: Option<Date>,
    pub completed_at: Option<DateTime>,
    pub depends_on_task_id: Option<i32>,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
    #[sea_orm(belongs_to, from = "meeting_id", to = "id")]
    pub meeting: BelongsTo<super::meeting::Entity>,
    #[sea_orm(
        belongs_to,
        relation_enum = "AssignedTo",
        from = "assigned_to_id",
        to = "id"
    )]
    pub assigned_to: BelongsTo<Option<super::user::Entity>>,
    #[sea_orm(
        belongs_to,
        relation_enum = "CreatedBy",
        from = "created_by_id",
        to = "id"
    )]
    pub created_by: BelongsTo<super::user::Entity>,
    #[sea_orm(
        self_ref,
        relation_enum = "DependsOn",
        relation_reverse = "Dependents",
        from = "depends_on_task_id",
        to = "id"
    )]
    pub depends_on: BelongsTo<Option<Entity>>,
    #[sea_orm(self_ref, relation_enum = "Dependents", relation_reverse = "DependsOn")]
    pub dependents: HasMany<Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The status of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Status {
    /// Not started.
    #[default]
    Todo,
    /// In progress.
    InProgress,
    /// Done.
    Completed,
    /// Cancelled.
    Cancelled,
}

/// The priority of a task. The variants are declared from lowest to highest, which is the order
/// that sorting by priority uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(20))",
    rename_all = "snake_case"
)]
pub enum Priority {
    /// Low.
    Low,
    /// Normal.
    #[default]
    Medium,
    /// High.
    High,
    /// Critical: drop everything else.
    Critical,
}
