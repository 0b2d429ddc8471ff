//! The rows of the demo, in memory.

use entity::{analytics, marker, meeting, participant, segment, session, task, user, workspace};

/// Every row of every table.
#[derive(Debug, Default, PartialEq)]
pub struct Rows {
    /// The workspaces.
    pub workspaces: Vec<workspace::Model>,
    /// The users, without password hashes.
    pub users: Vec<user::Model>,
    /// The sessions.
    pub sessions: Vec<session::Model>,
    /// The meetings.
    pub meetings: Vec<meeting::Model>,
    /// The participants.
    pub participants: Vec<participant::Model>,
    /// The tasks, each after the one that it depends on.
    pub tasks: Vec<task::Model>,
    /// The segments.
    pub segments: Vec<segment::Model>,
    /// The analytics.
    pub analytics: Vec<analytics::Model>,
    /// The markers.
    pub markers: Vec<marker::Model>,
}

impl Rows {
    /// The number of rows in all tables.
    pub fn count(&self) -> usize {
        self.workspaces.len()
            + self.users.len()
            + self.sessions.len()
            + self.meetings.len()
            + self.participants.len()
            + self.tasks.len()
            + self.segments.len()
            + self.analytics.len()
            + self.markers.len()
    }
}

/// The id of the next row of a table.
pub fn next_id<T>(table: &[T]) -> i32 {
    i32::try_from(table.len() + 1).expect("a demo has fewer rows than there are ids")
}
