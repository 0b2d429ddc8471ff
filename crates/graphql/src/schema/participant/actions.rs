//! The actions on a participant: who may perform them, and in which statuses.

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

/// The state of a participant: the status, and for one who attended, whether they are still in the
/// meeting.
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
            Present => "ATTENDED (present)",
            Left => "ATTENDED (left)",
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
    "Whether the viewer may accept this invitation now. Only the invited user may.",
    Permission::TakePart,
)
.from(&[Invited, Declined])
.to(Accepted)
.while_meeting(OPEN);
pub(super) const DECLINE: Action<Participant> = Action::new(
    "viewerCanDecline",
    "Whether the viewer may decline this invitation now. Only the invited user may.",
    Permission::TakePart,
)
.from(&[Invited, Accepted])
.to(Declined)
.while_meeting(OPEN);
pub(super) const JOIN: Action<Participant> = Action::new(
    "viewerCanJoin",
    "Whether the viewer may join the meeting now as this participant. Only the invited user may, \
     while the meeting is live.",
    Permission::TakePart,
)
.from(&[Invited, Accepted, Declined, Left])
.to(Present)
.while_meeting(&[meeting::Status::Live]);
pub(super) const LEAVE: Action<Participant> = Action::new(
    "viewerCanLeave",
    "Whether the viewer may leave the meeting now as this participant.",
    Permission::TakePart,
)
.from(&[Present]);
pub(super) const SET_ROLE: Action<Participant> = Action::new(
    "viewerCanSetRole",
    "Whether the viewer may change this participant's role in the meeting.",
    Permission::RunMeeting,
);
pub(super) const REMOVE: Action<Participant> = Action::new(
    "viewerCanRemove",
    "Whether the viewer may remove this participant from the meeting.",
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
