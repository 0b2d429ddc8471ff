//! What can be done to a session.

use entity::session::{
    self,
    Status::{self, Completed, Error, Pending, Processing, Recording},
};

use super::Session;
use crate::{
    write::action::{Action, MeetingKey, MeetingLink, Resource, Stakeholders},
    write::policy::Permission,
};

pub(super) const START: Action<Session> = Action::new(
    "viewerCanStart",
    "Whether the viewer may let it record now.",
    Permission::RunSession,
)
.from(&[Pending])
.to(Recording);
/// The states of a session that records or can still begin to.
pub(super) const CAN_RECORD: &[Status] = &[Pending, Recording];

/// For naming it when a meeting starts.
pub(crate) const RECORD_MEETING: Action<Session> =
    Action::without_field(Permission::RunSession).from(CAN_RECORD);
pub(super) const STOP: Action<Session> = Action::new(
    "viewerCanStop",
    "Whether the viewer may end its recording now.",
    Permission::RunSession,
)
.from(&[Recording])
.to(Processing);
pub(super) const COMPLETE: Action<Session> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may declare its transcript whole now.",
    Permission::RunSession,
)
.from(&[Processing])
.to(Completed);
pub(super) const FAIL: Action<Session> = Action::new(
    "viewerCanFail",
    "Whether the viewer may give it up now.",
    Permission::RunSession,
)
.from(&[Pending, Recording, Processing])
.to(Error);
pub(crate) const APPEND_SEGMENTS: Action<Session> = Action::new(
    "viewerCanAppendSegments",
    "Whether the viewer may add to its transcript now.",
    Permission::RunSession,
)
.from(&[Recording, Processing]);
pub(crate) const CORRECT_SEGMENTS: Action<Session> = Action::new(
    "viewerCanCorrectSegments",
    "Whether the viewer may correct its transcript.",
    Permission::CorrectSegments,
);
pub(crate) const MARK: Action<Session> = Action::new(
    "viewerCanMark",
    "Whether the viewer may mark moments in it.",
    Permission::Contribute,
);

impl Resource for Session {
    type State = Status;

    const ACTIONS: &'static [Action<Self>] = &[
        START,
        STOP,
        COMPLETE,
        FAIL,
        APPEND_SEGMENTS,
        CORRECT_SEGMENTS,
        MARK,
    ];

    fn state(session: &session::Model) -> Status {
        session.status.unwrap_or_default()
    }

    fn stakeholders(session: &session::Model) -> Stakeholders {
        Stakeholders {
            owner: session.user_id,
            meeting: Some(MeetingLink::Of(MeetingKey::Session(
                session.external_id.clone(),
            ))),
            ..Stakeholders::default()
        }
    }
}
