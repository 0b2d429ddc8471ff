//! What several mutations of tasks do.

use entity::task::{self, Status};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

use super::Task;
use crate::{
    error::Error,
    read::row::Id,
    schema::payload::ObjectOutcome,
    schema::user::{User, mutations::active_user},
    write::text::Limit,
    write::transaction::{Abort, Transaction},
};

/// The longest title, in characters.
pub(crate) const MOST_TITLE_CHARACTERS: usize = 255;

pub(super) const TITLE: Limit = Limit::name(MOST_TITLE_CHARACTERS);

/// A task that the viewer creates now, still to be done.
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

pub(super) async fn save(
    tx: &Transaction,
    task: task::Model,
    change: impl FnOnce(&mut task::ActiveModel),
) -> Result<ObjectOutcome<Task>, Abort> {
    Ok(ObjectOutcome::new(update(tx, task, change).await?))
}

/// Changes a task, and the time of its last change.
pub(super) async fn update(
    tx: &Transaction,
    task: task::Model,
    change: impl FnOnce(&mut task::ActiveModel),
) -> Result<task::Model, Error> {
    let updated_at = tx.now_after(task.updated_at);
    let mut task = task.into_active_model();
    change(&mut task);
    task.updated_at = Set(Some(updated_at));
    Ok(task.update(tx.connection()).await?)
}

/// The database id of the user who is to do a task, if somebody is; notes why they cannot.
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
