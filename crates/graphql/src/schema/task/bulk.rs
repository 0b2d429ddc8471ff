//! The bulk mutations of tasks.

use async_graphql::{InputObject, SimpleObject};
use entity::task::{self, Column, Status};

use super::{
    Task,
    actions::{ASSIGN, COMPLETE},
    changes::assignee,
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
        let columns = &[Column::AssignedToId];
        change_all(
            tx,
            &ASSIGN,
            &self.ids,
            self.all_or_nothing,
            columns,
            |task| {
                task.assigned_to_id = assigned_to_id;
            },
        )
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
        let columns = &[Column::Status, Column::CompletedAt];
        change_all(
            tx,
            &COMPLETE,
            &self.ids,
            self.all_or_nothing,
            columns,
            |task| {
                task.status = Some(Status::Completed);
                task.completed_at = Some(now);
            },
        )
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
/// of the others. `change` changes these columns.
async fn change_all(
    tx: &mut Transaction,
    action: &Action<Task>,
    ids: &[Id<Task>],
    all_or_nothing: bool,
    columns: &[Column],
    change: impl Fn(&mut task::Model),
) -> Result<ChangedTasks, Abort> {
    tx.check(check_length(ids.len(), ListLimit::TASKS), ["ids"]);
    tx.ensure_valid()?;
    let rows = tx.lock_all(ids).await?;
    let meetings = tx.meetings_of(action, &rows).await?;
    let mut tasks = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let path = ["ids", &index.to_string()];
        if ids[..index].contains(id) {
            let message = "The list contains this task more than once.";
            tx.add_problem(UserError::new(UserErrorCode::Invalid, path, message));
            continue;
        }
        let row = rows.iter().find(|row| row.id == id.database_id());
        let is_allowed = tx.try_authorize(action, row, id, &path, &meetings).await?;
        tasks.extend(row.filter(|_| is_allowed).cloned());
    }
    tx.ensure_valid_if(all_or_nothing)?;
    for task in &mut tasks {
        task.updated_at = Some(tx.now_after(task.updated_at));
        change(task);
    }
    let columns = [columns, &[Column::UpdatedAt]].concat();
    tx.update_all::<Task>(&tasks, &columns).await?;
    let tasks = tasks.into_iter().map(|task| Task(task.into()));
    Ok(ChangedTasks {
        tasks: tasks.collect(),
    })
}
