//! The enums of `Meeting`.

use async_graphql::Enum;
use entity::meeting;

use crate::read::filter::ClosedSet;

/// The status of a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::meeting::Status")]
pub enum MeetingStatus {
    /// In preparation, without a fixed time.
    Draft,
    /// Has a fixed time.
    Scheduled,
    /// In progress.
    Live,
    /// Has taken place.
    Completed,
    /// Will not take place.
    Cancelled,
}

impl ClosedSet for MeetingStatus {
    type Stored = meeting::Status;
}
