//! The logins of open connections, and whether they are still valid.
//!
//! A token is checked once when a connection begins. After that, the journal tells when its user
//! has changed. Then the user is read again, once for all of their connections.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use tokio::{select, sync::watch, time::sleep};
use tracing::warn;

use crate::{
    account::{
        keys::Keys,
        token::{self, Account, Claims, TokenError, Tokens},
        viewer::Viewer,
    },
    database::Database,
    error::failure::Failure,
    read::unreadable::reason,
};

/// The accounts of all users who are connected to this node.
#[derive(Default)]
pub(super) struct Accounts {
    watched: Arc<Mutex<Watched>>,
    reads: AtomicU64,
}

type Watched = HashMap<i32, watch::Sender<Stored>>;

/// An account as read last.
#[derive(Clone, Debug, Default)]
struct Stored {
    /// None if there is no such user.
    account: Option<Account>,
    /// The number of that read. Of two reads, the result of the one that began later counts.
    read: u64,
}

/// The login of a connection: a token that was valid when the connection began.
pub struct Login {
    claims: Claims,
    keys: watch::Receiver<Keys>,
    stored: watch::Receiver<Stored>,
    watched: Arc<Mutex<Watched>>,
}

/// Why a login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginEnd {
    /// The token has expired.
    Expired,
    /// The user was deactivated, their tokens were revoked, or the secret that signed the token is
    /// not accepted any more.
    Revoked,
}

impl Accounts {
    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a connection with a token.
    pub(super) async fn login(
        &self,
        token: &str,
        tokens: &Tokens,
        database: &Database,
    ) -> Result<Login, TokenError> {
        let claims = tokens.claims(token).ok_or(TokenError::Invalid)?;
        // Watch first and read then, so that no change is missed in between.
        let stored = self.lock().entry(claims.user_id).or_default().subscribe();
        let login = Login {
            keys: tokens.keys(),
            stored,
            watched: Arc::clone(&self.watched),
            claims,
        };
        self.refresh(vec![login.claims.user_id], database).await?;
        let is_valid = login.viewer().is_some();
        is_valid.then_some(login).ok_or(TokenError::Invalid)
    }

    /// Reads those of these users again who are connected.
    pub(super) async fn refresh(
        &self,
        mut user_ids: Vec<i32>,
        database: &Database,
    ) -> Result<(), DbErr> {
        {
            let watched = self.lock();
            user_ids.retain(|id| watched.contains_key(id));
        }
        if user_ids.is_empty() {
            return Ok(());
        }
        let read = self.reads.fetch_add(1, Ordering::Relaxed) + 1;
        let accounts = token::accounts_of(user_ids.clone(), database).await?;
        let mut accounts: HashMap<i32, Account> = accounts
            .into_iter()
            .map(|account| (account.user_id(), account))
            .collect();
        let watched = self.lock();
        for id in user_ids {
            let account = accounts.remove(&id);
            if let Some(stored) = watched.get(&id) {
                stored.send_if_modified(|stored| {
                    if read <= stored.read {
                        return false;
                    }
                    // Every login reads the user, but other connections need to know about changes
                    // only.
                    let is_changed = account != stored.account;
                    *stored = Stored { account, read };
                    is_changed
                });
            }
        }
        Ok(())
    }

    /// The same for many. A user who cannot be read counts as deactivated, and does not keep others
    /// from being read.
    pub(super) async fn refresh_all(
        &self,
        user_ids: Vec<i32>,
        database: &Database,
    ) -> Result<(), DbErr> {
        match self.refresh(user_ids.clone(), database).await {
            Err(error) if Failure::of(&error) == Failure::Unexpected => {}
            result => return result,
        }
        for id in user_ids {
            match self.refresh(vec![id], database).await {
                Err(error) if Failure::of(&error) == Failure::Unexpected => {
                    let reason = reason(&error);
                    warn!(
                        table = "user",
                        id, reason, "ends the logins of a user who cannot be read"
                    );
                    let watched = self.lock();
                    if let Some(stored) = watched.get(&id) {
                        stored.send_modify(|stored| stored.account = None);
                    }
                }
                result => result?,
            }
        }
        Ok(())
    }

    /// The ids of all connected users.
    pub(super) fn user_ids(&self) -> Vec<i32> {
        self.lock().keys().copied().collect()
    }
}

impl Login {
    /// The viewer as stored right now, unless the token was revoked. Expiry is not checked here.
    #[must_use]
    pub fn viewer(&self) -> Option<Viewer> {
        if !self.keys.borrow().accept(&self.claims.key) {
            return None;
        }
        let stored = self.stored.borrow();
        stored.account.as_ref()?.viewer(&self.claims)
    }

    /// Waits until the login ends. `now` is the current time.
    pub(crate) async fn ended(&mut self, now: DateTime<Utc>) -> LoginEnd {
        let lifetime = (self.claims.expires_at - now).to_std().unwrap_or_default();
        select! {
            () = sleep(lifetime) => LoginEnd::Expired,
            () = self.revoked() => LoginEnd::Revoked,
        }
    }

    /// Waits until the user is deactivated, their tokens are revoked or their secret is.
    async fn revoked(&mut self) {
        let claims = &self.claims;
        let is_removed = |keys: &Keys| !keys.accept(&claims.key);
        let is_revoked = |stored: &Stored| {
            let viewer = stored.account.as_ref().and_then(|it| it.viewer(claims));
            viewer.is_none()
        };
        // These fail only without a sender, and there are some for as long as there is a login.
        select! {
            _ = self.keys.wait_for(is_removed) => {}
            _ = self.stored.wait_for(is_revoked) => {}
        }
    }
}

impl Clone for Login {
    fn clone(&self) -> Self {
        Self {
            claims: self.claims.clone(),
            keys: self.keys.clone(),
            stored: self.stored.clone(),
            watched: Arc::clone(&self.watched),
        }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let id = self.claims.user_id;
        // This receiver is still counted.
        if watched.get(&id).is_some_and(|it| it.receiver_count() <= 1) {
            watched.remove(&id);
        }
    }
}
