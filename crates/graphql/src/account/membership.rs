//! The users who were seen last.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    account::{
        token::{Claims, Seen},
        viewer::Viewer,
    },
    shares::Party,
};

/// How many users' workspaces are remembered.
const MAX_USERS: usize = 100_000;

/// How many accounts are remembered. Each takes less than a kibibyte.
const MAX_ACCOUNTS: usize = 10_000;

/// Remembers users, so that a request can wait for its place among those of its workspace before its
/// user is looked up, and read its rows before it is certain that the user has not changed. No answer
/// is sent that depends on what is remembered.
#[derive(Debug, Default)]
pub(crate) struct Memberships {
    workspaces: Mutex<HashMap<i32, Option<i32>>>,
    accounts: Mutex<HashMap<i32, Seen>>,
}

impl Memberships {
    /// Remembers a user.
    pub(crate) fn remember(&self, seen: Seen) {
        let user = seen.account.user();
        let (id, workspace_id) = (user.id, user.workspace_id);
        insert(&self.workspaces, MAX_USERS, id, workspace_id);
        if seen.version.is_some() {
            insert(&self.accounts, MAX_ACCOUNTS, id, seen);
        }
    }

    /// For whom the requests of a user are executed, as far as it is known.
    pub(crate) fn party(&self, user_id: i32) -> Party {
        let known = self.workspaces.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        Party::User {
            id: user_id,
            workspace_id: known.get(&user_id).copied().flatten(),
        }
    }

    /// Forgets the account of a user who does not exist any more.
    pub(crate) fn forget(&self, user_id: i32) {
        let accounts = self.accounts.lock();
        let mut accounts = accounts.unwrap_or_else(PoisonError::into_inner);
        accounts.remove(&user_id);
    }

    /// The user of a token, as seen last. None if that is unknown or the token was not valid then.
    pub(crate) fn seen(&self, claims: &Claims) -> Option<SeenViewer> {
        let known = self.accounts.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        let seen = known.get(&claims.user_id)?;
        Some(SeenViewer {
            viewer: seen.account.viewer(claims)?,
            version: seen.version.clone()?,
        })
    }
}

/// A viewer as seen last, who may have changed since.
#[derive(Clone, Debug)]
pub struct SeenViewer {
    viewer: Viewer,
    /// The version of the rows that the viewer was read from. See [`Seen::version`].
    pub(crate) version: String,
}

impl SeenViewer {
    /// The viewer.
    #[must_use]
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }
}

/// Adds to a map of limited length. If it is full, it begins again.
fn insert<V>(map: &Mutex<HashMap<i32, V>>, limit: usize, id: i32, value: V) {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= limit && !map.contains_key(&id) {
        map.clear();
    }
    map.insert(id, value);
}
