//! The workspaces of the users who were seen last.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{account::viewer::Viewer, shares::Party};

/// How many users are remembered.
const MAX_USERS: usize = 100_000;

/// Remembers the workspaces of users, so that a request can wait for its place among those of its
/// workspace before its user is looked up. Nothing but the order of waiting depends on it.
#[derive(Debug, Default)]
pub(crate) struct Memberships(Mutex<HashMap<i32, Option<i32>>>);

impl Memberships {
    /// Remembers the workspace of a viewer.
    pub(crate) fn remember(&self, viewer: &Viewer) {
        let user = viewer.user();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_USERS && !known.contains_key(&user.id) {
            known.clear();
        }
        known.insert(user.id, user.workspace_id);
    }

    /// For whom the requests of a user are executed, as far as it is known.
    pub(crate) fn party(&self, user_id: i32) -> Party {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Party::User {
            id: user_id,
            workspace_id: known.get(&user_id).copied().flatten(),
        }
    }
}
