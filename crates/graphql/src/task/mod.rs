//! `Task`: the type, its fields and its relations.

mod inputs;

pub use inputs::{TaskPriority, TaskStatus, TaskWhere};

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{meeting, task, user};

use crate::{
    context::ContextExt,
    error::Error,
    meeting::Meeting,
    node::Row,
    page::{HasLists, List, Lists},
    relation::Relation,
    scalar::{Date, DateTime},
    user::User,
};

/// An action item that came of a meeting.
#[derive(Clone)]
pub struct Task(pub(crate) Arc<task::Model>);

impl From<Arc<task::Model>> for Task {
    fn from(row: Arc<task::Model>) -> Self {
        Self(row)
    }
}

impl Row for Task {
    type Entity = task::Entity;

    const NAME: &'static str = "Task";
    const ID: task::Column = task::Column::Id;

    fn database_id(row: &task::Model) -> i32 {
        row.id
    }
}

/// An action item that came of a meeting.
#[Object]
impl Task {
    /// The global id: opaque, and good for `node`.
    pub(crate) async fn id(&self) -> ID {
        Self::global_id(&self.0)
    }

    /// The number of the object in its table.
    pub(crate) async fn database_id(&self) -> i32 {
        self.0.id
    }

    /// What is to be done. At most 255 characters.
    fn title(&self) -> &str {
        &self.0.title
    }

    /// More about it.
    fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Where it is in its life.
    fn status(&self) -> TaskStatus {
        self.0.status.unwrap_or_default().into()
    }

    /// How urgent it is.
    fn priority(&self) -> TaskPriority {
        self.0.priority.unwrap_or_default().into()
    }

    /// The day by which it is to be done.
    fn due_date(&self) -> Option<Date> {
        self.0.due_date.map(Date)
    }

    /// When it was completed.
    fn completed_at(&self) -> Option<DateTime> {
        self.0.completed_at.map(DateTime)
    }

    /// When it was made.
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.unwrap_or_default())
    }

    /// When it last changed.
    fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.unwrap_or_default())
    }

    /// The meeting that it came of.
    async fn meeting(&self, ctx: &Context<'_>) -> Result<Meeting, Error> {
        ctx.required::<TaskMeeting>(self).await
    }

    /// Who is to do it, if anybody of the viewer's workspace.
    async fn assigned_to(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
        ctx.one::<TaskAssignedTo>(self).await
    }

    /// Who made it. Null where that is nobody of the viewer's workspace.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
        ctx.one::<TaskCreatedBy>(self).await
    }

    /// The task that must be completed before it.
    async fn depends_on(&self, ctx: &Context<'_>) -> Option<Result<Task, Error>> {
        ctx.one::<TaskDependsOn>(self).await
    }

    #[graphql(flatten)]
    fn lists(&self) -> Lists<Self> {
        Lists(self.clone())
    }
}

impl HasLists for Task {
    const TYPE_NAME: &'static str = Self::NAME;
    const LISTS: &'static [List<Self>] = &[List::of::<TaskDependents>(
        "dependents",
        "The tasks that wait for this one.",
    )];
}

/// `Task.meeting`.
struct TaskMeeting;

impl Relation for TaskMeeting {
    type Parent = Task;
    type Target = Meeting;
    type Key = i32;

    const COLUMN: meeting::Column = meeting::Column::Id;

    fn key(task: &Task) -> Option<i32> {
        Some(task.0.meeting_id)
    }
}

/// `Task.assignedTo`.
struct TaskAssignedTo;

impl Relation for TaskAssignedTo {
    type Parent = Task;
    type Target = User;
    type Key = i32;

    const COLUMN: user::Column = user::Column::Id;

    fn key(task: &Task) -> Option<i32> {
        task.0.assigned_to_id
    }
}

/// `Task.createdBy`.
struct TaskCreatedBy;

impl Relation for TaskCreatedBy {
    type Parent = Task;
    type Target = User;
    type Key = i32;

    const COLUMN: user::Column = user::Column::Id;

    fn key(task: &Task) -> Option<i32> {
        Some(task.0.created_by_id)
    }
}

/// `Task.dependsOn`.
struct TaskDependsOn;

impl Relation for TaskDependsOn {
    type Parent = Task;
    type Target = Task;
    type Key = i32;

    const COLUMN: task::Column = task::Column::Id;

    fn key(task: &Task) -> Option<i32> {
        task.0.depends_on_task_id
    }
}

/// `Task.dependents`.
struct TaskDependents;

impl Relation for TaskDependents {
    type Parent = Task;
    type Target = Task;
    type Key = i32;

    const COLUMN: task::Column = task::Column::DependsOnTaskId;

    fn key(task: &Task) -> Option<i32> {
        Some(task.0.id)
    }
}
