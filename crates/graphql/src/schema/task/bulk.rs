//! The bulk mutations of tasks.

use async_graphql::{InputObject, SimpleObject};
use entity::task::{self, Status};
use sea_orm::ActiveValue::Set;

use super::{
    Task,
    actions::{ASSIGN, COMPLETE},
    changes::{assignee, update},
};
use crate::{
    directive::id_of,
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    schema::{
        mutation_field::{MutationField, field},
        user::User,
    },
    write::{
        action::Action,
        input::{Command, Outcome},
        limit::{Declared, ListLimit},
        number::check_length,
        transaction::{Abort, Transaction},
    },
};

/// The bulk mutations of tasks.
pub(crate) const MUTATIONS: &[&dyn MutationField] =
    &[field::<TasksAssignInput>(), field::<TasksCompleteInput>()];

/// Assigns several tasks to a user.
#[derive(InputObject)]
pub(crate) struct TasksAssignInput {
    /// The IDs of the tasks. At most 100, without duplicates.
    #[graphql(
        directive = id_of::apply(Id::<Task>::of()),
        directive = Declared::apply(ListLimit::TASKS)
    )]
    ids: Vec<Id<Task>>,
    /// The ID of the user: an active user of the workspace. If null or omitted, the tasks
    /// become unassigned.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
    assigned_to_id: Option<Id<User>>,
    /// If true, nothing is changed if any task has a problem. If false, the other tasks are still
    /// changed.
    #[graphql(default = true)]
    all_or_nothing: bool,
}

impl Command for TasksAssignInput {
    const NAME: &'static str = "tasksAssign";

    type Outcome = ChangedTasks;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let assigned_to_id = assignee(tx, self.assigned_to_id.as_ref()).await?;
        tx.ensure_valid()?;
        change_all(tx, &ASSIGN, &self.ids, self.all_or_nothing, |task| {
            task.assigned_to_id = Set(assigned_to_id);
        })
        .await
    }
}

/// Completes several tasks, even if they depend on open ones.
#[derive(InputObject)]
pub(crate) struct TasksCompleteInput {
    /// The IDs of the tasks. At most 100, without duplicates.
    #[graphql(
        directive = id_of::apply(Id::<Task>::of()),
        directive = Declared::apply(ListLimit::TASKS)
    )]
    ids: Vec<Id<Task>>,
    /// If true, nothing is changed if any task has a problem. If false, the other tasks are still
    /// changed.
    #[graphql(default = true)]
    all_or_nothing: bool,
}

impl Command for TasksCompleteInput {
    const NAME: &'static str = "tasksComplete";

    type Outcome = ChangedTasks;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let now = tx.now();
        change_all(tx, &COMPLETE, &self.ids, self.all_or_nothing, |task| {
            task.status = Set(Some(Status::Completed));
            task.completed_at = Set(Some(now));
        })
        .await
    }
}

/// The outcome of a bulk mutation of tasks.
#[derive(SimpleObject, Default)]
pub(crate) struct ChangedTasks {
    /// The updated tasks, in the order of the input.
    tasks: Vec<Task>,
}

impl Outcome for ChangedTasks {}

/// Changes each of the tasks that the viewer may perform the action on, and adds a problem for each
/// of the others.
async fn change_all(
    tx: &mut Transaction,
    action: &Action<Task>,
    ids: &[Id<Task>],
    all_or_nothing: bool,
    change: impl Fn(&mut task::ActiveModel),
) -> Result<ChangedTasks, Abort> {
    tx.check(check_length(ids.len(), ListLimit::TASKS), ["ids"]);
    tx.ensure_valid()?;
    let rows = tx.lock_all(ids).await?;
    let mut permitted = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let path = ["ids", &index.to_string()];
        if ids[..index].contains(id) {
            let message = "The list contains this task more than once.";
            tx.add_problem(UserError::new(UserErrorCode::Invalid, path, message));
            continue;
        }
        let row = rows.iter().find(|row| row.id == id.database_id());
        if let (Some(row), true) = (row, tx.try_authorize(action, row, id, &path).await?) {
            permitted.push(row);
        }
    }
    tx.ensure_valid_if(all_or_nothing)?;
    let mut tasks = Vec::with_capacity(permitted.len());
    for row in permitted {
        tasks.push(Task(update(tx, row.clone(), &change).await?.into()));
    }
    Ok(ChangedTasks { tasks })
}
