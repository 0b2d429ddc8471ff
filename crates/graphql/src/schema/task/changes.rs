//! Steps that several mutations of tasks share.

use entity::task::{self, Status};
use sea_orm::{ActiveValue::Set, IntoActiveModel};

use super::Task;
use crate::{
    error::Error,
    read::row::Id,
    schema::{
        payload::ObjectOutcome,
        user::{User, mutations::active_user},
    },
    write::transaction::{Abort, Transaction},
};

/// A new row, not inserted yet: a task in status `TODO`, created by the viewer now.
pub(crate) fn new_task(tx: &Transaction) -> Result<task::ActiveModel, Error> {
    let now = Some(tx.now());
    Ok(task::ActiveModel {
        status: Set(Some(Status::Todo)),
        created_by_id: Set(tx.viewer()?.user().id),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    })
}

/// Updates a task, including its `updated_at`, and returns it as the outcome of a mutation.
pub(super) async fn save(
    tx: &Transaction,
    task: task::Model,
    change: impl FnOnce(&mut task::ActiveModel),
) -> Result<ObjectOutcome<Task>, Abort> {
    let updated_at = tx.now_after(task.updated_at);
    let mut task = task.into_active_model();
    change(&mut task);
    task.updated_at = Set(Some(updated_at));
    Ok(ObjectOutcome::new(tx.update(task).await?))
}

/// The database ID of the user to assign a task to, if one is given. Adds a problem if the user
/// does not exist or is deactivated.
pub(crate) async fn assignee(
    tx: &mut Transaction,
    id: Option<&Id<User>>,
) -> Result<Option<i32>, Error> {
    match id {
        Some(id) => Ok(active_user(tx, id, "assignedToId")
            .await?
            .map(|user| user.id)),
        None => Ok(None),
    }
}
