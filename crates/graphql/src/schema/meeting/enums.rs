//! The closed sets of `Meeting`.

use async_graphql::Enum;
use entity::meeting;

use crate::read::filter::ClosedSet;

/// Where a meeting is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::meeting::Status")]
pub enum MeetingStatus {
    /// Being prepared, with no fixed time.
    Draft,
    /// Has a time.
    Scheduled,
    /// Under way.
    Live,
    /// Took place.
    Completed,
    /// Will not take place.
    Cancelled,
}

impl ClosedSet for MeetingStatus {
    type Stored = meeting::Status;
}
