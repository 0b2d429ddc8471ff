//! The actions on a task: who may perform them, and in which statuses.

use entity::task::{
    self,
    Status::{self, Cancelled, Completed, InProgress, Todo},
};

use super::Task;
use crate::write::{
    action::{Action, Resource, Stakeholders},
    policy::Permission,
};

pub(super) const UPDATE: Action<Task> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may update this task and set its dependency.",
    Permission::ChangeTask,
);
pub(super) const ASSIGN: Action<Task> = Action::new(
    "viewerCanAssign",
    "Whether the viewer may assign this task.",
    Permission::ChangeTask,
);
pub(super) const DELETE: Action<Task> = Action::new(
    "viewerCanDelete",
    "Whether the viewer may delete this task.",
    Permission::ChangeTask,
);
pub(super) const START: Action<Task> = Action::new(
    "viewerCanStart",
    "Whether the viewer may start this task now.",
    Permission::ProgressTask,
)
.from(&[Todo])
.to(InProgress);
pub(super) const COMPLETE: Action<Task> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may complete this task now.",
    Permission::ProgressTask,
)
.from(&[Todo, InProgress])
.to(Completed);
pub(super) const REOPEN: Action<Task> = Action::new(
    "viewerCanReopen",
    "Whether the viewer may reopen this task now.",
    Permission::ProgressTask,
)
.from(&[Completed, Cancelled])
.to(Todo);
pub(super) const CANCEL: Action<Task> = Action::new(
    "viewerCanCancel",
    "Whether the viewer may cancel this task now.",
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
