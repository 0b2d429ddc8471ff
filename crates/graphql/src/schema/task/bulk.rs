//! Mutations of several tasks at once.

use async_graphql::{InputObject, SimpleObject};
use entity::task::{self, Status};
use sea_orm::ActiveValue::Set;

use super::{
    Task,
    actions::{ASSIGN, COMPLETE},
    changes::{assignee, update},
};
use crate::{
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    schema::mutation_field::{MutationField, field},
    schema::user::User,
    write::action::Action,
    write::input::{Command, Outcome},
    write::number::check_length,
    write::transaction::{Abort, Transaction},
};

/// The bulk mutations of tasks.
pub(crate) const MUTATIONS: &[&dyn MutationField] =
    &[field::<TasksAssignInput>(), field::<TasksCompleteInput>()];

/// How many tasks a bulk mutation takes.
const MOST_TASKS: usize = 100;

/// Says who is to do several tasks.
#[derive(InputObject)]
pub(crate) struct TasksAssignInput {
    /// Which tasks, at most 100.
    ids: Vec<Id<Task>>,
    /// Who is to do them: an active user of the workspace. Null for nobody.
    assigned_to_id: Option<Id<User>>,
    /// Whether nothing is done if it cannot be done to one of them; otherwise it is done to the
    /// rest.
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

/// Declares several tasks done.
#[derive(InputObject)]
pub(crate) struct TasksCompleteInput {
    /// Which tasks, at most 100.
    ids: Vec<Id<Task>>,
    /// Whether nothing is done if it cannot be done to one of them; otherwise it is done to the
    /// rest.
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

/// What became of the tasks of a bulk mutation.
#[derive(SimpleObject, Default)]
pub(crate) struct ChangedTasks {
    /// The tasks that were changed, as they are now, in the order of the input.
    tasks: Vec<Task>,
}

impl Outcome for ChangedTasks {}

/// Changes each of several tasks to which the viewer may do this; notes why not to the others.
async fn change_all(
    tx: &mut Transaction,
    action: &Action<Task>,
    ids: &[Id<Task>],
    all_or_nothing: bool,
    change: impl Fn(&mut task::ActiveModel),
) -> Result<ChangedTasks, Abort> {
    tx.check(check_length(ids.len(), MOST_TASKS, "tasks"), ["ids"]);
    tx.ensure_valid()?;
    let rows = tx.lock_all(ids).await?;
    let mut permitted = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let path = ["ids", &index.to_string()];
        if ids[..index].contains(id) {
            let message = "The list names this task before.";
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
