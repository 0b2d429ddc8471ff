//! The closed sets of `User`.

use async_graphql::Enum;
use entity::user;

use crate::read::filter::ClosedSet;

/// What a user may do in their workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::user::Role")]
pub enum UserRole {
    /// Takes part: works on tasks, records own sessions.
    Member,
    /// Creates meetings and runs their own.
    Organizer,
    /// Runs the workspace.
    Admin,
}

impl ClosedSet for UserRole {
    type Stored = user::Role;
}
