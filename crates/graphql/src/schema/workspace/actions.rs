//! What can be done to a workspace, and in it.

use entity::workspace;

use super::Workspace;
use crate::{
    write::action::{Action, Governed, Ties, Unstaged},
    write::policy::Right,
};

pub(super) const UPDATE: Action<Workspace> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may change its name and its settings.",
    Right::Administer,
);
pub(crate) const CREATE_USER: Action<Workspace> = Action::new(
    "viewerCanCreateUser",
    "Whether the viewer may give people an account in it.",
    Right::Administer,
);
pub(crate) const CREATE_MEETING: Action<Workspace> = Action::new(
    "viewerCanCreateMeeting",
    "Whether the viewer may create meetings in it.",
    Right::CreateMeetings,
);
pub(crate) const CREATE_SESSION: Action<Workspace> = Action::new(
    "viewerCanCreateSession",
    "Whether the viewer may create sessions in it.",
    Right::Contribute,
);
pub(crate) const WORK_ON_ANALYSES: Action<Workspace> = Action::new(
    "viewerCanClaimAnalytics",
    "Whether the viewer may work through its queue of analyses.",
    Right::WorkOnAnalyses,
);

impl Governed for Workspace {
    type Stage = Unstaged;

    const ACTIONS: &'static [Action<Self>] = &[
        UPDATE,
        CREATE_USER,
        CREATE_MEETING,
        CREATE_SESSION,
        WORK_ON_ANALYSES,
    ];

    fn stage(_: &workspace::Model) -> Unstaged {
        Unstaged
    }

    fn ties(_: &workspace::Model) -> Ties {
        Ties::default()
    }
}
