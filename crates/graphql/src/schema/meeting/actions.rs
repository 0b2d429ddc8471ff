//! What can be done to a meeting.

use entity::meeting::{
    self,
    Status::{self, Cancelled, Completed, Draft, Live, Scheduled},
};

use super::Meeting;
use crate::{
    write::action::{Action, MeetingLink, Resource, Stakeholders},
    write::policy::Permission,
};

/// The states of a meeting that is still to be, or is.
pub(crate) const OPEN: &[Status] = &[Draft, Scheduled, Live];

pub(super) const UPDATE: Action<Meeting> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may change its title, its description and its times.",
    Permission::RunMeeting,
);
pub(super) const SCHEDULE: Action<Meeting> = Action::new(
    "viewerCanSchedule",
    "Whether the viewer may give it a time, or another one, now.",
    Permission::RunMeeting,
)
.from(&[Draft, Scheduled])
.to(Scheduled);
pub(super) const START: Action<Meeting> = Action::new(
    "viewerCanStart",
    "Whether the viewer may let it begin now.",
    Permission::RunMeeting,
)
.from(&[Draft, Scheduled])
.to(Live);
pub(super) const COMPLETE: Action<Meeting> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may end it now.",
    Permission::RunMeeting,
)
.from(&[Live])
.to(Completed);
pub(super) const CANCEL: Action<Meeting> = Action::new(
    "viewerCanCancel",
    "Whether the viewer may call it off now.",
    Permission::RunMeeting,
)
.from(&[Draft, Scheduled])
.to(Cancelled);
pub(super) const DELETE: Action<Meeting> = Action::new(
    "viewerCanDelete",
    "Whether the viewer may delete it now, with its tasks, participants and analytics.",
    Permission::RunMeeting,
)
.from(&[Draft, Scheduled, Completed, Cancelled]);
pub(crate) const LINK_SESSION: Action<Meeting> = Action::new(
    "viewerCanLinkSession",
    "Whether the viewer may create a session for it now: it has none yet.",
    Permission::RunMeeting,
)
.from(OPEN)
.unless(
    |meeting: &meeting::Model| meeting.session_id.is_some(),
    "The meeting has a session already.",
);
pub(crate) const INVITE: Action<Meeting> = Action::new(
    "viewerCanInvite",
    "Whether the viewer may invite people to it now.",
    Permission::RunMeeting,
)
.from(OPEN);
pub(crate) const REQUEST_ANALYTICS: Action<Meeting> = Action::new(
    "viewerCanRequestAnalytics",
    "Whether the viewer may ask for its analysis.",
    Permission::RunMeeting,
);
pub(crate) const CREATE_TASK: Action<Meeting> = Action::new(
    "viewerCanCreateTask",
    "Whether the viewer may create tasks in it.",
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
