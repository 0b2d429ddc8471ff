//! What can be done to a session.

use entity::session::{
    self,
    Status::{self, Completed, Error, Pending, Processing, Recording},
};

use super::Session;
use crate::{
    write::action::{Action, Governed, MeetingKey, MeetingTie, Ties},
    write::policy::Right,
};

pub(super) const START: Action<Session> = Action::new(
    "viewerCanStart",
    "Whether the viewer may let it record now.",
    Right::RunSession,
)
.from(&[Pending])
.to(Recording);
/// The states of a session that records or can still begin to.
pub(super) const CAN_RECORD: &[Status] = &[Pending, Recording];

/// For naming it when a meeting starts.
pub(crate) const RECORD_MEETING: Action<Session> =
    Action::unforetold(Right::RunSession).from(CAN_RECORD);
pub(super) const STOP: Action<Session> = Action::new(
    "viewerCanStop",
    "Whether the viewer may end its recording now.",
    Right::RunSession,
)
.from(&[Recording])
.to(Processing);
pub(super) const COMPLETE: Action<Session> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may declare its transcript whole now.",
    Right::RunSession,
)
.from(&[Processing])
.to(Completed);
pub(super) const FAIL: Action<Session> = Action::new(
    "viewerCanFail",
    "Whether the viewer may give it up now.",
    Right::RunSession,
)
.from(&[Pending, Recording, Processing])
.to(Error);
pub(crate) const APPEND_SEGMENTS: Action<Session> = Action::new(
    "viewerCanAppendSegments",
    "Whether the viewer may add to its transcript now.",
    Right::RunSession,
)
.from(&[Recording, Processing]);
pub(crate) const CORRECT_SEGMENTS: Action<Session> = Action::new(
    "viewerCanCorrectSegments",
    "Whether the viewer may correct its transcript.",
    Right::CorrectSegments,
);
pub(crate) const MARK: Action<Session> = Action::new(
    "viewerCanMark",
    "Whether the viewer may mark moments in it.",
    Right::Contribute,
);

impl Governed for Session {
    type Stage = Status;

    const ACTIONS: &'static [Action<Self>] = &[
        START,
        STOP,
        COMPLETE,
        FAIL,
        APPEND_SEGMENTS,
        CORRECT_SEGMENTS,
        MARK,
    ];

    fn stage(session: &session::Model) -> Status {
        session.status.unwrap_or_default()
    }

    fn ties(session: &session::Model) -> Ties {
        Ties {
            own: session.user_id,
            meeting: Some(MeetingTie::Of(MeetingKey::Session(
                session.external_id.clone(),
            ))),
            ..Ties::default()
        }
    }
}
