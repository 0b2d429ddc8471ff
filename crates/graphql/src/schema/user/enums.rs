//! The enums of `User`.

use async_graphql::Enum;
use entity::user;

use crate::read::filter::ClosedSet;

/// A user's role, which decides what they may do in their workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::user::Role")]
pub enum UserRole {
    /// Takes part in meetings, works on tasks and records their own sessions.
    Member,
    /// Creates meetings and runs their own meetings.
    Organizer,
    /// Administers the workspace: its users, settings, meetings and tasks.
    Admin,
}

impl ClosedSet for UserRole {
    type Stored = user::Role;
}
