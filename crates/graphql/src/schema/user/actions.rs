//! What can be done to a user.

use entity::user;

use super::User;
use crate::{
    write::action::{Action, Governed, Ties, Unstaged},
    write::policy::Right,
};

pub(super) const UPDATE: Action<User> = Action::new(
    "viewerCanUpdate",
    "Whether the viewer may change their name and their address.",
    Right::EditProfile,
);
pub(super) const SET_ROLE: Action<User> = Action::new(
    "viewerCanSetRole",
    "Whether the viewer may say what they may do. The last active admin keeps that role.",
    Right::Administer,
);
pub(super) const SET_PASSWORD: Action<User> = Action::new(
    "viewerCanSetPassword",
    "Whether the viewer may give them a new password without knowing the old one.",
    Right::Administer,
);
pub(super) const DEACTIVATE: Action<User> = Action::new(
    "viewerCanDeactivate",
    "Whether the viewer may end their account. The last active admin stays.",
    Right::Administer,
);
pub(super) const REACTIVATE: Action<User> = Action::new(
    "viewerCanReactivate",
    "Whether the viewer may give them their account back.",
    Right::Administer,
);

impl Governed for User {
    type Stage = Unstaged;

    const ACTIONS: &'static [Action<Self>] =
        &[UPDATE, SET_ROLE, SET_PASSWORD, DEACTIVATE, REACTIVATE];

    fn stage(_: &user::Model) -> Unstaged {
        Unstaged
    }

    fn ties(user: &user::Model) -> Ties {
        Ties {
            own: Some(user.id),
            ..Ties::default()
        }
    }
}
