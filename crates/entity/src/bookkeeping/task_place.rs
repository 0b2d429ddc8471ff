//! The `mina_task_place` table.

use sea_orm::entity::prelude::*;

/// The place of a task: its workspace, and copies of the columns by which lists are mostly ordered.
/// Every task has one. Triggers maintain this table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mina_task_place")]
pub struct Model {
    /// The id of the task.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// NULL if the task belongs to no workspace.
    pub workspace_id: Option<i32>,
    pub created_by_id: i32,
    pub assigned_to_id: Option<i32>,
    pub due_date: Option<Date>,
    /// The time of creation, where NULL is the start of 1970.
    pub created_at: DateTime,
}

impl ActiveModelBehavior for ActiveModel {}
