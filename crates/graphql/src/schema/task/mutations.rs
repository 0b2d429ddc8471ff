//! Mutations of tasks.

use async_graphql::{InputObject, MaybeUndefined};
use entity::task::{self, Status};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, ModelTrait, Statement};

use super::{
    Task,
    actions::{ASSIGN, CANCEL, COMPLETE, DELETE, REOPEN, START, UPDATE},
    changes::{TITLE, assignee, new_task, save},
    enums::TaskPriority,
};
use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    scalar::{Date, DateTime},
    schema::meeting::{Meeting, actions::CREATE_TASK},
    schema::mutation_field::{MutationField, field},
    schema::payload::{DeletedOutcome, ObjectOutcome},
    schema::user::User,
    write::action::Action,
    write::input::Command,
    write::transaction::{Abort, Transaction},
};

/// The mutations of tasks.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<TaskCreateInput>(),
    field::<TaskUpdateInput>(),
    field::<TaskAssignInput>(),
    field::<TaskSetDependencyInput>(),
    field::<TaskStartInput>(),
    field::<TaskCompleteInput>(),
    field::<TaskReopenInput>(),
    field::<TaskCancelInput>(),
    field::<TaskDeleteInput>(),
];

/// Creates a task in a meeting.
#[derive(InputObject)]
pub(crate) struct TaskCreateInput {
    /// The meeting that it came of.
    meeting_id: Id<Meeting>,
    /// What is to be done. At most 255 characters.
    title: String,
    /// More about it.
    description: Option<String>,
    /// How urgent it is.
    #[graphql(default_with = "TaskPriority::Medium")]
    priority: TaskPriority,
    /// The day by which it is to be done.
    due_date: Option<Date>,
    /// Who is to do it: an active user of the workspace.
    assigned_to_id: Option<Id<User>>,
    /// The task that must be completed before it.
    depends_on_id: Option<Id<Task>>,
    /// A key of the client's making, of at most 128 characters. Who comes with the same key again
    /// within a week, and with the same input, gets what was created the first time.
    idempotency_key: Option<String>,
}

impl Command for TaskCreateInput {
    const NAME: &'static str = "taskCreate";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let key = self.idempotency_key.as_deref();
        if let Some(created) = tx.created_before::<Task, _>(self, key).await? {
            return Ok(ObjectOutcome::new(created));
        }
        tx.find_for(&CREATE_TASK, &self.meeting_id, "meetingId")
            .await?;
        let title = tx.text(&self.title, TITLE, "title");
        let description = tx.optional_text(self.description.as_deref(), "description");
        let assigned_to_id = assignee(tx, self.assigned_to_id.as_ref()).await?;
        if let Some(id) = &self.depends_on_id {
            tx.find_referenced(id, "dependsOnId").await?;
        }
        tx.ensure_valid()?;
        let task = task::ActiveModel {
            title: Set(title),
            description: Set(description),
            priority: Set(Some(self.priority.into())),
            meeting_id: Set(self.meeting_id.database_id()),
            assigned_to_id: Set(assigned_to_id),
            due_date: Set(self.due_date.map(|day| day.0)),
            depends_on_task_id: Set(self.depends_on_id.as_ref().map(Id::database_id)),
            ..new_task(tx)?
        };
        Ok(ObjectOutcome::new(task.insert(tx.connection()).await?))
    }
}

/// Changes a task. What is left out stays as it is.
#[derive(InputObject)]
pub(crate) struct TaskUpdateInput {
    /// Which task.
    id: Id<Task>,
    /// What is to be done. At most 255 characters.
    title: Option<String>,
    /// More about it. Null removes it.
    description: MaybeUndefined<String>,
    /// How urgent it is.
    priority: Option<TaskPriority>,
    /// The day by which it is to be done. Null removes it.
    due_date: MaybeUndefined<Date>,
    /// The `updatedAt` that the user saw. If the task has changed since, nothing is done.
    expected_updated_at: Option<DateTime>,
}

impl Command for TaskUpdateInput {
    const NAME: &'static str = "taskUpdate";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let task = tx.lock_by_id_for(&UPDATE, &self.id).await?;
        tx.expect_updated_at(self.expected_updated_at, task.updated_at);
        let title = self
            .title
            .as_deref()
            .map(|title| tx.text(title, TITLE, "title"));
        let text = tx.optional_text(self.description.value().map(String::as_str), "description");
        tx.ensure_valid()?;
        save(tx, task, |task| {
            if let Some(title) = title {
                task.title = Set(title);
            }
            if !self.description.is_undefined() {
                task.description = Set(text);
            }
            if let Some(priority) = self.priority {
                task.priority = Set(Some(priority.into()));
            }
            if !self.due_date.is_undefined() {
                task.due_date = Set(self.due_date.value().map(|day| day.0));
            }
        })
        .await
    }
}

/// Says who is to do a task.
#[derive(InputObject)]
pub(crate) struct TaskAssignInput {
    /// Which task.
    id: Id<Task>,
    /// Who is to do it: an active user of the workspace. Null for nobody.
    assigned_to_id: Option<Id<User>>,
}

impl Command for TaskAssignInput {
    const NAME: &'static str = "taskAssign";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let task = tx.lock_by_id_for(&ASSIGN, &self.id).await?;
        let assigned_to_id = assignee(tx, self.assigned_to_id.as_ref()).await?;
        tx.ensure_valid()?;
        save(tx, task, |task| {
            task.assigned_to_id = Set(assigned_to_id);
        })
        .await
    }
}

/// Says which task must be completed before another one.
#[derive(InputObject)]
pub(crate) struct TaskSetDependencyInput {
    /// The task that is to wait.
    id: Id<Task>,
    /// The task that it waits for, also of another meeting. Null for none.
    depends_on_id: Option<Id<Task>>,
}

impl Command for TaskSetDependencyInput {
    const NAME: &'static str = "taskSetDependency";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        // Two that each close one half of a circle would both see an open one.
        tx.lock_workspace().await?;
        let task = tx.lock_by_id_for(&UPDATE, &self.id).await?;
        if let Some(id) = &self.depends_on_id
            && tx.find_referenced(id, "dependsOnId").await?.is_some()
            && waits_for(tx, id.database_id(), task.id).await?
        {
            tx.add_problem(UserError::new(
                UserErrorCode::Cycle,
                ["dependsOnId"],
                "That task waits for this one, directly or through others, or is this one.",
            ));
        }
        tx.ensure_valid()?;
        let depends_on = self.depends_on_id.as_ref().map(Id::database_id);
        save(tx, task, |task| {
            task.depends_on_task_id = Set(depends_on);
        })
        .await
    }
}

/// Whether a task waits for another one, or is that one.
async fn waits_for(tx: &Transaction, task_id: i32, other_id: i32) -> Result<bool, Error> {
    // UNION leaves out what was found before, so it ends also where there is a circle already.
    let statement = Statement::from_sql_and_values(
        tx.backend(),
        r"WITH RECURSIVE chain (id) AS (
              SELECT CAST($1 AS integer)
              UNION
              SELECT task.depends_on_task_id FROM task JOIN chain ON task.id = chain.id
          )
          SELECT 1 FROM chain WHERE id = $2",
        [task_id.into(), other_id.into()],
    );
    Ok(tx.connection().query_one_raw(statement).await?.is_some())
}

/// Begins a task.
#[derive(InputObject)]
pub(crate) struct TaskStartInput {
    /// Which task.
    id: Id<Task>,
}

impl Command for TaskStartInput {
    const NAME: &'static str = "taskStart";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        progress(tx, &START, &self.id).await
    }
}

/// Declares a task done, also one that waits for another.
#[derive(InputObject)]
pub(crate) struct TaskCompleteInput {
    /// Which task.
    id: Id<Task>,
}

impl Command for TaskCompleteInput {
    const NAME: &'static str = "taskComplete";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        progress(tx, &COMPLETE, &self.id).await
    }
}

/// Puts a task back among what is to be done.
#[derive(InputObject)]
pub(crate) struct TaskReopenInput {
    /// Which task.
    id: Id<Task>,
}

impl Command for TaskReopenInput {
    const NAME: &'static str = "taskReopen";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        progress(tx, &REOPEN, &self.id).await
    }
}

/// Gives a task up.
#[derive(InputObject)]
pub(crate) struct TaskCancelInput {
    /// Which task.
    id: Id<Task>,
}

impl Command for TaskCancelInput {
    const NAME: &'static str = "taskCancel";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        progress(tx, &CANCEL, &self.id).await
    }
}

/// Deletes a task. Those that depend on it wait no longer.
#[derive(InputObject)]
pub(crate) struct TaskDeleteInput {
    /// Which task.
    id: Id<Task>,
}

impl Command for TaskDeleteInput {
    const NAME: &'static str = "taskDelete";

    type Outcome = DeletedOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let task = tx.lock_by_id_for(&DELETE, &self.id).await?;
        task.delete(tx.connection()).await?;
        Ok(DeletedOutcome::new(&self.id))
    }
}

/// Brings a task into the state to which an action leads.
async fn progress(
    tx: &mut Transaction,
    action: &Action<Task>,
    id: &Id<Task>,
) -> Result<ObjectOutcome<Task>, Abort> {
    let task = tx.lock_by_id_for(action, id).await?;
    tx.ensure_valid()?;
    let status = action.state_after(&task);
    let completed_at = (status == Status::Completed).then(|| tx.now());
    save(tx, task, |task| {
        task.status = Set(Some(status));
        task.completed_at = Set(completed_at);
    })
    .await
}
