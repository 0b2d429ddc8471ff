//! The actions on a user.

use entity::user;

use super::User;
use crate::{
    write::action::{Action, Resource, Stakeholders, Stateless},
    write::policy::Permission,
};

pub(super) const UPDATE: Action<User> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may update this user's username and email address.",
    Permission::EditProfile,
);
pub(super) const SET_ROLE: Action<User> = Action::new(
    "viewerCanSetRole",
    "Whether the viewer may change this user's role. The last active admin must remain an admin.",
    Permission::Administer,
);
pub(super) const SET_PASSWORD: Action<User> = Action::new(
    "viewerCanSetPassword",
    "Whether the viewer may set a new password for this user without knowing the current one.",
    Permission::Administer,
);
pub(super) const DEACTIVATE: Action<User> = Action::new(
    "viewerCanDeactivate",
    "Whether the viewer may deactivate this user. The last active admin cannot be deactivated.",
    Permission::Administer,
);
pub(super) const REACTIVATE: Action<User> = Action::new(
    "viewerCanReactivate",
    "Whether the viewer may reactivate this user.",
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
