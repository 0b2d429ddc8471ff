//! The actions on a session.

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
    "Whether the viewer may start recording this session now.",
    Permission::RunSession,
)
.from(&[Pending])
.to(Recording);
/// The statuses of a session that is recording or can still start.
pub(super) const CAN_RECORD: &[Status] = &[Pending, Recording];

/// Allows the viewer to record a meeting with a session, which is given when the meeting starts.
pub(crate) const RECORD_MEETING: Action<Session> =
    Action::without_field(Permission::RunSession).from(CAN_RECORD);
pub(super) const STOP: Action<Session> = Action::new(
    "viewerCanStop",
    "Whether the viewer may stop recording this session now.",
    Permission::RunSession,
)
.from(&[Recording])
.to(Processing);
pub(super) const COMPLETE: Action<Session> = Action::new(
    "viewerCanComplete",
    "Whether the viewer may complete this session now.",
    Permission::RunSession,
)
.from(&[Processing])
.to(Completed);
pub(super) const FAIL: Action<Session> = Action::new(
    "viewerCanFail",
    "Whether the viewer may mark this session as failed now.",
    Permission::RunSession,
)
.from(&[Pending, Recording, Processing])
.to(Error);
pub(crate) const APPEND_SEGMENTS: Action<Session> = Action::new(
    "viewerCanAppendSegments",
    "Whether the viewer may append segments to this session now.",
    Permission::RunSession,
)
.from(&[Recording, Processing]);
pub(crate) const CORRECT_SEGMENTS: Action<Session> = Action::new(
    "viewerCanCorrectSegments",
    "Whether the viewer may correct the segments of this session.",
    Permission::CorrectSegments,
);
pub(crate) const IMPORT_TRANSCRIPT: Action<Session> = Action::new(
    "viewerCanImportTranscript",
    "Whether the viewer may import a transcript into this session.",
    Permission::CorrectSegments,
);
pub(super) const DELETE_SEGMENTS: Action<Session> = Action::new(
    "viewerCanDeleteSegments",
    "Whether the viewer may delete segments of this session.",
    Permission::CorrectSegments,
);
pub(crate) const DELETE: Action<Session> = Action::new(
    "viewerCanDelete",
    "Whether the viewer may delete this session, with its transcript and its markers.",
    Permission::CorrectSegments,
);
pub(crate) const MARK: Action<Session> = Action::new(
    "viewerCanMark",
    "Whether the viewer may create markers in this session.",
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
        IMPORT_TRANSCRIPT,
        DELETE_SEGMENTS,
        DELETE,
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
