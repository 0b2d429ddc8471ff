//! The enums of `Task`.

use async_graphql::Enum;
use entity::task;

use crate::read::filter::ClosedSet;

/// The status of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::task::Status")]
pub enum TaskStatus {
    /// Not started.
    Todo,
    /// In progress.
    InProgress,
    /// Completed.
    Completed,
    /// Cancelled.
    Cancelled,
}

impl ClosedSet for TaskStatus {
    type Stored = task::Status;
}

/// The priority of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::task::Priority")]
pub enum TaskPriority {
    /// Low.
    Low,
    /// Normal. The default.
    Medium,
    /// High.
    High,
    /// Critical: drop everything else.
    Critical,
}

impl ClosedSet for TaskPriority {
    type Stored = task::Priority;
}
