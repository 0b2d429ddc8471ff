//! What can be done to a task.

use entity::task::{
    self,
    Status::{self, Cancelled, Completed, InProgress, Todo},
};

use super::Task;
use crate::{
    write::action::{Action, Resource, Stakeholders},
    write::policy::Permission,
};

pub(super) const UPDATE: Action<Task> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may change it and what it depends on.",
    Permission::ChangeTask,
);
pub(super) const ASSIGN: Action<Task> = Action::new(
    "viewerCanAssign",
    "Whether the viewer may say who is to do it.",
    Permission::ChangeTask,
);
pub(super) const DELETE: Action<Task> = Action::new(
    "viewerCanDelete",
    "Whether the viewer may delete it.",
    Permission::ChangeTask,
);
pub(super) const START: Action<Task> = Action::new(
    "viewerCanStart",
    "Whether the viewer may begin it now.",
    Permission::ProgressTask,
)
.from(&[Todo])
.to(InProgress);
pub(super) const COMPLETE: Action<Task> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may declare it done now.",
    Permission::ProgressTask,
)
.from(&[Todo, InProgress])
.to(Completed);
pub(super) const REOPEN: Action<Task> = Action::new(
    "viewerCanReopen",
    "Whether the viewer may put it back among what is to be done now.",
    Permission::ProgressTask,
)
.from(&[Completed, Cancelled])
.to(Todo);
pub(super) const CANCEL: Action<Task> = Action::new(
    "viewerCanCancel",
    "Whether the viewer may give it up now.",
    Permission::ProgressTask,
)
.from(&[Todo, InProgress])
.to(Cancelled);

impl Resource for Task {
    type State = Status;

    const ACTIONS: &'static [Action<Self>] =
        &[UPDATE, ASSIGN, DELETE, START, COMPLETE, REOPEN, CANCEL];

    fn state(task: &task::Model) -> Status {
        task.status.unwrap_or_default()
    }

    fn stakeholders(task: &task::Model) -> Stakeholders {
        Stakeholders {
            owner: Some(task.created_by_id),
            assignee: task.assigned_to_id,
            ..Stakeholders::of_meeting(Some(task.meeting_id))
        }
    }
}
