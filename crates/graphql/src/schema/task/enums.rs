//! The closed sets of `Task`.

use async_graphql::Enum;
use entity::task;

use crate::read::filter::ClosedSet;

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::task::Status")]
pub enum TaskStatus {
    /// Not begun.
    Todo,
    /// Being worked on.
    InProgress,
    /// Done.
    Completed,
    /// Given up.
    Cancelled,
}

impl ClosedSet for TaskStatus {
    type Stored = task::Status;
}

/// How urgent a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::task::Priority")]
pub enum TaskPriority {
    /// Can wait.
    Low,
    /// Ordinary.
    Medium,
    /// Soon.
    High,
    /// Before all else.
    Critical,
}

impl ClosedSet for TaskPriority {
    type Stored = task::Priority;
}
