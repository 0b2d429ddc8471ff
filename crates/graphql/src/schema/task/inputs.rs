//! What `Task` can be filtered and sorted by.

use async_graphql::{Enum, InputObject};
use entity::task;
use sea_orm::RelationTrait;

use crate::{
    error::Error,
    read::filter::{Comparison, Conditions, Equality, ListWhere, StringFilter, Where},
    read::order::{OrderBy, OrderDirection, OrderField, SortBy},
    read::page::listed::Listed,
    read::row::Id,
    scalar::{Date, DateTime},
    schema::meeting::inputs::MeetingWhere,
    schema::user::inputs::UserWhere,
};

use super::{
    Task,
    enums::{TaskPriority, TaskStatus},
};

/// A condition on task objects. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct TaskWhere {
    /// Its id.
    pub id: Option<Equality<Id<Task>>>,
    /// Its number in its table.
    pub database_id: Option<Comparison<i32>>,
    /// What is to be done. At most 255 characters.
    pub title: Option<StringFilter>,
    /// More about it.
    pub description: Option<StringFilter>,
    /// Where it is in its life.
    pub status: Option<Equality<TaskStatus>>,
    /// How urgent it is.
    pub priority: Option<Equality<TaskPriority>>,
    /// The day by which it is to be done.
    pub due_date: Option<Comparison<Date>>,
    /// When it was completed.
    pub completed_at: Option<Comparison<DateTime>>,
    /// When it was made.
    pub created_at: Option<Comparison<DateTime>>,
    /// When it last changed.
    pub updated_at: Option<Comparison<DateTime>>,
    /// There is such a one and it meets this. The meeting that it came of.
    pub meeting: Option<Box<MeetingWhere>>,
    /// There is such a one and it meets this. Who is to do it, if anybody of the viewer's
    /// workspace.
    pub assigned_to: Option<Box<UserWhere>>,
    /// There is such a one and it meets this. Who made it. Null where that is nobody of the
    /// viewer's workspace.
    pub created_by: Option<Box<UserWhere>>,
    /// There is such a one and it meets this. The task that must be completed before it.
    pub depends_on: Option<Box<TaskWhere>>,
    /// The tasks that wait for this one.
    pub dependents: Option<ListWhere<TaskWhere>>,
    /// All of these hold.
    pub and: Option<Vec<TaskWhere>>,
    /// At least one of these holds.
    pub or: Option<Vec<TaskWhere>>,
    /// This does not hold.
    pub not: Option<Box<TaskWhere>>,
}

impl Where for TaskWhere {
    type Of = Task;

    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error> {
        conditions
            .column(task::Column::Id, self.id.as_ref())?
            .column(task::Column::Id, self.database_id.as_ref())?
            .column(task::Column::Title, self.title.as_ref())?
            .column(task::Column::Description, self.description.as_ref())?
            .column(task::Column::Status, self.status.as_ref())?
            .column(task::Column::Priority, self.priority.as_ref())?
            .column(task::Column::DueDate, self.due_date.as_ref())?
            .column(task::Column::CompletedAt, self.completed_at.as_ref())?
            .column(task::Column::CreatedAt, self.created_at.as_ref())?
            .column(task::Column::UpdatedAt, self.updated_at.as_ref())?
            .one(task::Relation::Meeting.def(), self.meeting.as_deref())?
            .one(
                task::Relation::AssignedTo.def(),
                self.assigned_to.as_deref(),
            )?
            .one(task::Relation::CreatedBy.def(), self.created_by.as_deref())?
            .one(task::Relation::DependsOn.def(), self.depends_on.as_deref())?
            .many(
                &|| task::Relation::Dependents.def(),
                self.dependents.as_ref(),
            )?
            .combined(self.and.as_ref(), self.or.as_ref(), self.not.as_deref())
    }
}

/// What lists of Task can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum TaskOrderField {
    /// The order in which they were made.
    Id,
    /// What is to be done. At most 255 characters.
    Title,
    /// Where it is in its life.
    Status,
    /// How urgent it is.
    Priority,
    /// The day by which it is to be done.
    DueDate,
    /// When it was completed.
    CompletedAt,
    /// When it was made.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
}

impl OrderField for TaskOrderField {
    type Of = Task;

    fn sort_by(self) -> SortBy<task::Column> {
        match self {
            Self::Id => SortBy::Column(task::Column::Id),
            Self::Title => SortBy::Column(task::Column::Title),
            Self::Status => SortBy::meaning::<task::Status>(task::Column::Status),
            Self::Priority => SortBy::meaning::<task::Priority>(task::Column::Priority),
            Self::DueDate => SortBy::Column(task::Column::DueDate),
            Self::CompletedAt => SortBy::Column(task::Column::CompletedAt),
            Self::CreatedAt => SortBy::Column(task::Column::CreatedAt),
            Self::UpdatedAt => SortBy::Column(task::Column::UpdatedAt),
        }
    }
}

impl Listed for Task {
    type Where = TaskWhere;
    type OrderField = TaskOrderField;

    const DEFAULT_ORDER_DESCRIPTION: &'static str = "newest first";

    fn default_order() -> Vec<OrderBy<TaskOrderField>> {
        vec![OrderBy {
            field: TaskOrderField::Id,
            direction: OrderDirection::Desc,
        }]
    }
}
