//! The enums of `Participant`.

use async_graphql::Enum;
use entity::participant;

use crate::read::filter::ClosedSet;

/// The role of a participant in a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::participant::Role")]
pub enum ParticipantRole {
    /// Runs the meeting.
    Organizer,
    /// Presents in the meeting.
    Presenter,
    /// Attends the meeting.
    Participant,
}

impl ClosedSet for ParticipantRole {
    type Stored = participant::Role;
}

/// How a participant responded, and whether they attended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "entity::participant::Status")]
pub enum ParticipantStatus {
    /// Has not responded.
    Invited,
    /// Plans to attend.
    Accepted,
    /// Does not plan to attend.
    Declined,
    /// Attended.
    Attended,
}

impl ClosedSet for ParticipantStatus {
    type Stored = participant::Status;
}
