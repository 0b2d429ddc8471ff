//! What can be done to a participation.

use entity::{
    meeting,
    participant::{self, Status},
};

use super::{Participant, enums::ParticipantStatus};
use crate::{
    schema::meeting::actions::OPEN,
    write::action::{Action, Resource, Stakeholders, State},
    write::policy::Permission,
};

use Presence::{Accepted, Declined, Invited, Left, Present};

/// The states of a participation: its status, and for who attended whether they are still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Invited,
    Accepted,
    Declined,
    Present,
    Left,
}

impl State for Presence {
    fn name(self) -> String {
        match self {
            Invited => "INVITED",
            Accepted => "ACCEPTED",
            Declined => "DECLINED",
            Present => "ATTENDED and present",
            Left => "ATTENDED and left",
        }
        .to_owned()
    }
}

impl From<Presence> for ParticipantStatus {
    fn from(presence: Presence) -> Self {
        match presence {
            Invited => Self::Invited,
            Accepted => Self::Accepted,
            Declined => Self::Declined,
            Present | Left => Self::Attended,
        }
    }
}

pub(super) const ACCEPT: Action<Participant> = Action::new(
    "viewerCanAccept",
    "Whether the viewer may accept the invitation now, which is theirs.",
    Permission::TakePart,
)
.from(&[Invited, Declined])
.to(Accepted)
.while_meeting(OPEN);
pub(super) const DECLINE: Action<Participant> = Action::new(
    "viewerCanDecline",
    "Whether the viewer may decline the invitation now, which is theirs.",
    Permission::TakePart,
)
.from(&[Invited, Accepted])
.to(Declined)
.while_meeting(OPEN);
pub(super) const JOIN: Action<Participant> = Action::new(
    "viewerCanJoin",
    "Whether the viewer may join the meeting now: it is live, and they are invited.",
    Permission::TakePart,
)
.from(&[Invited, Accepted, Declined, Left])
.to(Present)
.while_meeting(&[meeting::Status::Live]);
pub(super) const LEAVE: Action<Participant> = Action::new(
    "viewerCanLeave",
    "Whether the viewer may leave the meeting now.",
    Permission::TakePart,
)
.from(&[Present]);
pub(super) const SET_ROLE: Action<Participant> = Action::new(
    "viewerCanSetRole",
    "Whether the viewer may say what the participant does in the meeting.",
    Permission::RunMeeting,
);
pub(super) const REMOVE: Action<Participant> = Action::new(
    "viewerCanRemove",
    "Whether the viewer may take the participant off the list.",
    Permission::RunMeeting,
);

impl Resource for Participant {
    type State = Presence;

    const ACTIONS: &'static [Action<Self>] = &[ACCEPT, DECLINE, JOIN, LEAVE, SET_ROLE, REMOVE];

    fn state(participant: &participant::Model) -> Presence {
        match participant.status.unwrap_or_default() {
            Status::Invited => Invited,
            Status::Accepted => Accepted,
            Status::Declined => Declined,
            Status::Attended if participant.left_at.is_none() => Present,
            Status::Attended => Left,
        }
    }

    fn stakeholders(participant: &participant::Model) -> Stakeholders {
        Stakeholders {
            owner: Some(participant.user_id),
            ..Stakeholders::of_meeting(Some(participant.meeting_id))
        }
    }
}
