//! The filter and the sort fields of `Task`.

use async_graphql::{Enum, InputObject};
use entity::task;
use sea_orm::RelationTrait;

use crate::{
    directive::{condition, indexed_order, indexed_range, unique_value},
    error::Error,
    read::{
        filter::{Comparison, Conditions, Equality, ListWhere, StringFilter, Where},
        order::{OrderBy, OrderDirection, OrderField, SortBy},
        page::listed::Listed,
        row::Id,
    },
    scalar::{Date, DateTime},
    schema::{meeting::inputs::MeetingWhere, user::inputs::UserWhere},
};

use super::{
    Task,
    enums::{TaskPriority, TaskStatus},
};

/// Filters tasks. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct TaskWhere {
    /// Filters by ID.
    #[graphql(directive = unique_value::apply())]
    pub id: Option<Equality<Id<Task>>>,
    /// Filters by database ID.
    #[graphql(directive = unique_value::apply(), directive = indexed_range::apply("ID".to_owned()))]
    pub database_id: Option<Comparison<i32>>,
    /// Filters by title.
    pub title: Option<StringFilter>,
    /// Filters by description.
    pub description: Option<StringFilter>,
    /// Filters by status.
    pub status: Option<Equality<TaskStatus>>,
    /// Filters by priority.
    pub priority: Option<Equality<TaskPriority>>,
    /// Filters by due date.
    #[graphql(directive = indexed_range::apply("DUE_DATE".to_owned()))]
    pub due_date: Option<Comparison<Date>>,
    /// Filters by time of completion.
    pub completed_at: Option<Comparison<DateTime>>,
    /// Filters by time of creation.
    #[graphql(directive = indexed_range::apply("CREATED_AT".to_owned()))]
    pub created_at: Option<Comparison<DateTime>>,
    /// Filters by time of the last update.
    pub updated_at: Option<Comparison<DateTime>>,
    /// The related meeting exists and matches this filter.
    pub meeting: Option<Box<MeetingWhere>>,
    /// The user the task is assigned to exists and matches this filter.
    pub assigned_to: Option<Box<UserWhere>>,
    /// The user who created the task exists and matches this filter.
    pub created_by: Option<Box<UserWhere>>,
    /// The task that this one depends on exists and matches this filter.
    pub depends_on: Option<Box<TaskWhere>>,
    /// Filters by the tasks that depend on this one.
    pub dependents: Option<ListWhere<TaskWhere>>,
    /// All of these filters match.
    pub and: Option<Vec<TaskWhere>>,
    /// At least one of these filters matches.
    pub or: Option<Vec<TaskWhere>>,
    /// This filter does not match.
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

/// The fields that lists of tasks can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum TaskOrderField {
    /// The order of creation.
    #[graphql(directive = indexed_order::apply(None))]
    Id,
    /// The title.
    Title,
    /// The status, in the order `TODO`, `IN_PROGRESS`, `COMPLETED`, `CANCELLED`.
    Status,
    /// The priority, from `LOW` to `CRITICAL`.
    Priority,
    /// The due date.
    #[graphql(directive = indexed_order::apply(Some("Workspace".to_owned())))]
    DueDate,
    /// When the task was completed.
    CompletedAt,
    /// When the task was created.
    #[graphql(directive = indexed_order::apply(Some("Workspace".to_owned())))]
    CreatedAt,
    /// When the task was last updated.
    UpdatedAt,
}

impl OrderField for TaskOrderField {
    type Of = Task;

    fn sort_by(self) -> SortBy<task::Column> {
        match self {
            Self::Id => SortBy::Column(task::Column::Id),
            Self::Title => SortBy::Column(task::Column::Title),
            Self::Status => SortBy::rank::<task::Status>(task::Column::Status),
            Self::Priority => SortBy::rank::<task::Priority>(task::Column::Priority),
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
