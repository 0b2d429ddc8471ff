//! The closed sets of `Participant`.

use async_graphql::Enum;
use entity::participant;

use crate::read::filter::ClosedSet;

/// What a participant does in a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::participant::Role")]
pub enum ParticipantRole {
    /// Runs the meeting.
    Organizer,
    /// Presents.
    Presenter,
    /// Attends.
    Participant,
}

impl ClosedSet for ParticipantRole {
    type Stored = participant::Role;
}

/// How a participant answered, and whether they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::participant::Status")]
pub enum ParticipantStatus {
    /// Has not answered.
    Invited,
    /// Will come.
    Accepted,
    /// Will not come.
    Declined,
    /// Was there.
    Attended,
}

impl ClosedSet for ParticipantStatus {
    type Stored = participant::Status;
}
