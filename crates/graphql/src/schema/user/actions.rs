//! What can be done to a user.

use entity::user;

use super::User;
use crate::{
    write::action::{Action, Resource, Stakeholders, Stateless},
    write::policy::Permission,
};

pub(super) const UPDATE: Action<User> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may change their name and their address.",
    Permission::EditProfile,
);
pub(super) const SET_ROLE: Action<User> = Action::new(
    "viewerCanSetRole",
    "Whether the viewer may say what they may do. The last active admin keeps that role.",
    Permission::Administer,
);
pub(super) const SET_PASSWORD: Action<User> = Action::new(
    "viewerCanSetPassword",
    "Whether the viewer may give them a new password without knowing the old one.",
    Permission::Administer,
);
pub(super) const DEACTIVATE: Action<User> = Action::new(
    "viewerCanDeactivate",
    "Whether the viewer may end their account. The last active admin stays.",
    Permission::Administer,
);
pub(super) const REACTIVATE: Action<User> = Action::new(
    "viewerCanReactivate",
    "Whether the viewer may give them their account back.",
    Permission::Administer,
);

impl Resource for User {
    type State = Stateless;

    const ACTIONS: &'static [Action<Self>] =
        &[UPDATE, SET_ROLE, SET_PASSWORD, DEACTIVATE, REACTIVATE];

    fn state(_: &user::Model) -> Stateless {
        Stateless
    }

    fn stakeholders(user: &user::Model) -> Stakeholders {
        Stakeholders {
            owner: Some(user.id),
            ..Stakeholders::default()
        }
    }
}
