//! `Task`: the type, its fields and its relations.

mod actions;
mod bulk;
mod inputs;
mod mutations;

pub use inputs::{TaskPriority, TaskStatus, TaskWhere};
pub(crate) use mutations::{MOST_TITLE_CHARACTERS, MUTATIONS, assignee, new_task};

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{meeting, task, user};

use crate::{
    error::Error,
    read::context::ContextExt,
    read::page::lists::{HasLists, List, Lists},
    read::relation::Relation,
    read::row::Row,
    scalar::{Date, DateTime},
    schema::meeting::Meeting,
    schema::user::User,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
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
        ctx.required(&MEETING, self).await
    }

    /// Who is to do it, if anybody of the viewer's workspace.
    async fn assigned_to(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
        ctx.one(&ASSIGNED_TO, self).await
    }

    /// Who made it. Null where that is nobody of the viewer's workspace.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
        ctx.one(&CREATED_BY, self).await
    }

    /// The task that must be completed before it.
    async fn depends_on(&self, ctx: &Context<'_>) -> Option<Result<Task, Error>> {
        ctx.one(&DEPENDS_ON, self).await
    }

    #[graphql(flatten)]
    fn lists(&self) -> Fields<Lists<Self>> {
        Fields(Lists(self.clone()))
    }

    /// Whether it waits for a task that is neither completed nor cancelled. That keeps nobody from
    /// doing it.
    async fn is_blocked(&self, ctx: &Context<'_>) -> Result<bool, Error> {
        let depends_on = ctx.one(&DEPENDS_ON, self).await.transpose()?;
        Ok(depends_on.is_some_and(|task| {
            !matches!(
                task.0.status,
                Some(task::Status::Completed | task::Status::Cancelled)
            )
        }))
    }

    /// The states to which it can go from where it is, whoever may bring it there.
    async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<TaskStatus>, Error> {
        allowed_transitions::<Self, _>(ctx, &self.0).await
    }

    #[graphql(flatten)]
    fn abilities(&self) -> Fields<Abilities<Self>> {
        Fields(Abilities(Arc::clone(&self.0)))
    }
}

impl HasLists for Task {
    const TYPE_NAME: &'static str = Self::NAME;
    const LISTS: &'static [List<Self>] = &[List::of(
        &DEPENDENTS,
        "dependents",
        "The tasks that wait for this one.",
    )];
}

/// `Task.meeting`.
static MEETING: Relation<Task, Meeting> =
    Relation::new(meeting::Column::Id, |task| Some(task.0.meeting_id));

/// `Task.assignedTo`.
static ASSIGNED_TO: Relation<Task, User> =
    Relation::new(user::Column::Id, |task| task.0.assigned_to_id);

/// `Task.createdBy`.
static CREATED_BY: Relation<Task, User> =
    Relation::new(user::Column::Id, |task| Some(task.0.created_by_id));

/// `Task.dependsOn`.
static DEPENDS_ON: Relation<Task, Task> =
    Relation::new(task::Column::Id, |task| task.0.depends_on_task_id);

/// `Task.dependents`.
static DEPENDENTS: Relation<Task, Task> =
    Relation::new(task::Column::DependsOnTaskId, |task| Some(task.0.id));
