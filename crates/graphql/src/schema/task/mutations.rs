//! The mutations of a single task.

use async_graphql::{InputObject, MaybeUndefined};
use entity::task::{self, Status};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    ModelTrait, QueryFilter, Statement, sea_query::Expr,
};

use super::{
    Task,
    actions::{ASSIGN, CANCEL, COMPLETE, DELETE, REOPEN, START, UPDATE},
    changes::{assignee, new_task, save},
    enums::TaskPriority,
};
use crate::{
    directive::id_of,
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    quota::Stored,
    read::row::Id,
    scalar::{Date, DateTime},
    schema::{
        meeting::{Meeting, actions::CREATE_TASK},
        mutation_field::{MutationField, field},
        payload::{DeletedOutcome, ObjectOutcome},
        user::User,
    },
    write::{
        action::Action,
        input::Command,
        limit::{Declared, Limit},
        transaction::{Abort, Transaction},
    },
};

/// The mutations of a single task.
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
    /// The ID of the meeting the task belongs to.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    meeting_id: Id<Meeting>,
    /// The task's title. At most 255 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::TITLE))]
    title: String,
    /// A longer description. At most 65,536 bytes of UTF-8.
    #[graphql(directive = Declared::apply(Limit::DESCRIPTION))]
    description: Option<String>,
    /// The task's priority.
    #[graphql(default_with = "TaskPriority::Medium")]
    priority: TaskPriority,
    /// The day the task is due.
    due_date: Option<Date>,
    /// The ID of the user to assign the task to: an active user of the workspace.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
    assigned_to_id: Option<Id<User>>,
    /// The ID of the task that this one depends on.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    depends_on_id: Option<Id<Task>>,
    /// Idempotency key chosen by the client, up to 128 characters. Repeating the call with the same
    /// key and input within a week returns the object created the first time.
    #[graphql(directive = Declared::apply(Limit::IDEMPOTENCY_KEY))]
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
        let title = tx.text(&self.title, Limit::TITLE, "title");
        let description = self.description.as_deref();
        let description = tx.optional_text(description, Limit::DESCRIPTION, "description");
        let assigned_to_id = assignee(tx, self.assigned_to_id.as_ref()).await?;
        if let Some(id) = &self.depends_on_id {
            tx.find_referenced(id, "dependsOnId").await?;
        }
        tx.ensure_valid()?;
        let text = Stored::rows(1).with_text(Some(&title));
        tx.grow(text.with_text(description.as_deref()))?;
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

/// Updates a task. Omitted fields keep their values.
#[derive(InputObject)]
pub(crate) struct TaskUpdateInput {
    /// The ID of the task.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    id: Id<Task>,
    /// The new title. At most 255 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::TITLE))]
    title: Option<String>,
    /// The new description. At most 65,536 bytes of UTF-8. `null` removes it.
    #[graphql(directive = Declared::apply(Limit::DESCRIPTION))]
    description: MaybeUndefined<String>,
    /// The new priority.
    priority: Option<TaskPriority>,
    /// The new due date. `null` removes it.
    due_date: MaybeUndefined<Date>,
    /// The `updatedAt` that the user last saw. If the task has been updated since, nothing is
    /// changed. If omitted, this check is skipped. Milliseconds are enough, as in JavaScript's
    /// dates.
    expected_updated_at: Option<DateTime>,
}

impl Command for TaskUpdateInput {
    const NAME: &'static str = "taskUpdate";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let task = tx.lock_by_id_for(&UPDATE, &self.id).await?;
        tx.expect_updated_at(self.expected_updated_at, task.updated_at);
        let updated_at = tx.now_after(task.updated_at);
        let mut task = task.into_active_model();
        let (title, description) = (self.title.as_deref(), &self.description);
        tx.set_text(&mut task.title, title, Limit::TITLE, "title");
        tx.set_optional_text(
            &mut task.description,
            description,
            Limit::DESCRIPTION,
            "description",
        );
        tx.ensure_valid()?;
        if let Some(priority) = self.priority {
            task.priority = Set(Some(priority.into()));
        }
        if !self.due_date.is_undefined() {
            task.due_date = Set(self.due_date.value().map(|day| day.0));
        }
        task.updated_at = Set(Some(updated_at));
        Ok(ObjectOutcome::new(tx.update(task).await?))
    }
}

/// Assigns a task to a user.
#[derive(InputObject)]
pub(crate) struct TaskAssignInput {
    /// The ID of the task.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    id: Id<Task>,
    /// The ID of the user: an active user of the workspace. If null or omitted, the task
    /// becomes unassigned.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
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

/// Makes a task depend on another one, or removes the dependency.
#[derive(InputObject)]
pub(crate) struct TaskSetDependencyInput {
    /// The ID of the dependent task.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    id: Id<Task>,
    /// The ID of the task to depend on, which may belong to another meeting. If null or omitted,
    /// the dependency is removed.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    depends_on_id: Option<Id<Task>>,
}

impl Command for TaskSetDependencyInput {
    const NAME: &'static str = "taskSetDependency";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        // Without this lock, two concurrent calls could each add one half of a cycle, and neither
        // would see the other half.
        tx.lock_workspace().await?;
        let task = tx.lock_by_id_for(&UPDATE, &self.id).await?;
        if let Some(id) = &self.depends_on_id
            && tx.find_referenced(id, "dependsOnId").await?.is_some()
            && depends_on(tx, id.database_id(), task.id).await?
        {
            tx.add_problem(UserError::new(
                UserErrorCode::Cycle,
                ["dependsOnId"],
                "The task would depend on itself, directly or through other tasks.",
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

/// Whether a task depends on another one, directly or through others, or is that one.
async fn depends_on(tx: &Transaction, task_id: i32, other_id: i32) -> Result<bool, Error> {
    // UNION drops the rows found before, so that the recursion ends even if the tasks already form
    // a cycle.
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

/// Starts a task.
#[derive(InputObject)]
pub(crate) struct TaskStartInput {
    /// The ID of the task.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    id: Id<Task>,
}

impl Command for TaskStartInput {
    const NAME: &'static str = "taskStart";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        transition(tx, &START, &self.id).await
    }
}

/// Completes a task, even if it depends on an open one.
#[derive(InputObject)]
pub(crate) struct TaskCompleteInput {
    /// The ID of the task.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    id: Id<Task>,
}

impl Command for TaskCompleteInput {
    const NAME: &'static str = "taskComplete";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        transition(tx, &COMPLETE, &self.id).await
    }
}

/// Reopens a completed or cancelled task: its status becomes `TODO`.
#[derive(InputObject)]
pub(crate) struct TaskReopenInput {
    /// The ID of the task.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    id: Id<Task>,
}

impl Command for TaskReopenInput {
    const NAME: &'static str = "taskReopen";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        transition(tx, &REOPEN, &self.id).await
    }
}

/// Cancels a task that is not completed.
#[derive(InputObject)]
pub(crate) struct TaskCancelInput {
    /// The ID of the task.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    id: Id<Task>,
}

impl Command for TaskCancelInput {
    const NAME: &'static str = "taskCancel";

    type Outcome = ObjectOutcome<Task>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        transition(tx, &CANCEL, &self.id).await
    }
}

/// Deletes a task. The tasks that depend on it lose this dependency.
#[derive(InputObject)]
pub(crate) struct TaskDeleteInput {
    /// The ID of the task.
    #[graphql(directive = id_of::apply(Id::<Task>::of()))]
    id: Id<Task>,
}

impl Command for TaskDeleteInput {
    const NAME: &'static str = "taskDelete";

    type Outcome = DeletedOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let task = tx.lock_by_id_for(&DELETE, &self.id).await?;
        let text = Stored::rows(1).with_text(Some(&task.title));
        tx.shrink(text.with_text(task.description.as_deref()));
        let are_dependent = task::Column::DependsOnTaskId.eq(task.id);
        forget_dependencies(tx.connection(), are_dependent).await?;
        task.delete(tx.connection()).await?;
        Ok(DeletedOutcome::new(&self.id))
    }
}

/// Lets tasks depend on nothing, before what they depend on is deleted. The foreign key of an adopted
/// database may not do that.
pub(crate) async fn forget_dependencies(
    connection: &impl ConnectionTrait,
    are_dependent: Expr,
) -> Result<(), Error> {
    task::Entity::update_many()
        .col_expr(task::Column::DependsOnTaskId, Expr::value(None::<i32>))
        .filter(are_dependent)
        .exec(connection)
        .await?;
    Ok(())
}

/// Moves a task to the status that an action leads to.
async fn transition(
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
