//! The actions on a workspace.

use entity::workspace;

use super::Workspace;
use crate::{
    write::action::{Action, Resource, Stakeholders, Stateless},
    write::policy::Permission,
};

pub(super) const UPDATE: Action<Workspace> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may update this workspace's name and settings.",
    Permission::Administer,
);
pub(super) const UPDATE_RETENTION: Action<Workspace> = Action::new(
    "viewerCanUpdateRetention",
    "Whether the viewer may say for how long this workspace keeps transcripts.",
    Permission::Administer,
);
pub(crate) const CREATE_USER: Action<Workspace> = Action::new(
    "viewerCanCreateUser",
    "Whether the viewer may create users in this workspace.",
    Permission::Administer,
);
pub(crate) const CREATE_MEETING: Action<Workspace> = Action::new(
    "viewerCanCreateMeeting",
    "Whether the viewer may create meetings in this workspace.",
    Permission::CreateMeetings,
);
pub(crate) const CREATE_SESSION: Action<Workspace> = Action::new(
    "viewerCanCreateSession",
    "Whether the viewer may create sessions in this workspace.",
    Permission::Contribute,
);
pub(crate) const WORK_ON_ANALYSES: Action<Workspace> = Action::new(
    "viewerCanClaimAnalytics",
    "Whether the viewer may claim analyses from this workspace's queue.",
    Permission::WorkOnAnalyses,
);

impl Resource for Workspace {
    type State = Stateless;

    const ACTIONS: &'static [Action<Self>] = &[
        UPDATE,
        UPDATE_RETENTION,
        CREATE_USER,
        CREATE_MEETING,
        CREATE_SESSION,
        WORK_ON_ANALYSES,
    ];

    fn state(_: &workspace::Model) -> Stateless {
        Stateless
    }

    fn stakeholders(_: &workspace::Model) -> Stakeholders {
        Stakeholders::default()
    }
}
