//! The actions on a meeting: who may perform them, and in which statuses.

use entity::meeting::{
    self,
    Status::{self, Cancelled, Completed, Draft, Live, Scheduled},
};

use super::Meeting;
use crate::write::{
    action::{Action, MeetingLink, Resource, Stakeholders},
    policy::Permission,
};

/// The statuses of a meeting that has not ended: it is in preparation, scheduled or live.
pub(crate) const OPEN: &[Status] = &[Draft, Scheduled, Live];

pub(super) const UPDATE: Action<Meeting> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may update this meeting's title, description and times.",
    Permission::RunMeeting,
);
pub(super) const SCHEDULE: Action<Meeting> = Action::new(
    "viewerCanSchedule",
    "Whether the viewer may schedule or reschedule this meeting now.",
    Permission::RunMeeting,
)
.from(&[Draft, Scheduled])
.to(Scheduled);
pub(super) const START: Action<Meeting> = Action::new(
    "viewerCanStart",
    "Whether the viewer may start this meeting now.",
    Permission::RunMeeting,
)
.from(&[Draft, Scheduled])
.to(Live);
pub(super) const COMPLETE: Action<Meeting> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may complete this meeting now.",
    Permission::RunMeeting,
)
.from(&[Live])
.to(Completed);
pub(super) const CANCEL: Action<Meeting> = Action::new(
    "viewerCanCancel",
    "Whether the viewer may cancel this meeting now.",
    Permission::RunMeeting,
)
.from(&[Draft, Scheduled])
.to(Cancelled);
pub(super) const DELETE: Action<Meeting> = Action::new(
    "viewerCanDelete",
    "Whether the viewer may delete this meeting now, with its tasks, participants and analytics.",
    Permission::RunMeeting,
)
.from(&[Draft, Scheduled, Completed, Cancelled]);
pub(crate) const LINK_SESSION: Action<Meeting> = Action::new(
    "viewerCanLinkSession",
    "Whether the viewer may create a session for this meeting now. False if the meeting already \
     has one.",
    Permission::RunMeeting,
)
.from(OPEN)
.unless(
    |meeting: &meeting::Model| meeting.session_id.is_some(),
    "The meeting already has a session.",
);
pub(crate) const INVITE: Action<Meeting> = Action::new(
    "viewerCanInvite",
    "Whether the viewer may invite users to this meeting now.",
    Permission::RunMeeting,
)
.from(OPEN);
pub(crate) const REQUEST_ANALYTICS: Action<Meeting> = Action::new(
    "viewerCanRequestAnalytics",
    "Whether the viewer may request an analysis of this meeting.",
    Permission::RunMeeting,
);
pub(crate) const CREATE_TASK: Action<Meeting> = Action::new(
    "viewerCanCreateTask",
    "Whether the viewer may create tasks in this meeting.",
    Permission::Contribute,
);

impl Resource for Meeting {
    type State = Status;

    const ACTIONS: &'static [Action<Self>] = &[
        UPDATE,
        SCHEDULE,
        START,
        COMPLETE,
        CANCEL,
        DELETE,
        LINK_SESSION,
        INVITE,
        REQUEST_ANALYTICS,
        CREATE_TASK,
    ];

    fn state(meeting: &meeting::Model) -> Status {
        meeting.status.unwrap_or_default()
    }

    fn stakeholders(meeting: &meeting::Model) -> Stakeholders {
        Stakeholders {
            meeting: Some(MeetingLink::Organizer(meeting.organizer_id)),
            ..Stakeholders::default()
        }
    }
}
