//! Who is connected, and whether they still may be.
//!
//! A token is looked at once when a connection begins. From then on the journal says when its user
//! has changed: then the user is read anew, once for all of their connections.

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

use crate::{
    account::token::{self, Account, Claims, TokenError, Tokens},
    account::viewer::Viewer,
    database::Database,
};

/// The accounts of those who are connected to this node.
#[derive(Default)]
pub(super) struct Accounts {
    watched: Arc<Mutex<Watched>>,
    reads: AtomicU64,
}

type Watched = HashMap<i32, watch::Sender<Known>>;

/// What is known of an account.
#[derive(Clone, Debug, Default)]
struct Known {
    /// None where there is no such user.
    account: Option<Account>,
    /// The number of the read that said so. Of two reads the one that began later knows more.
    read: u64,
}

/// A token that was good, and whether it still is.
pub struct Login {
    claims: Claims,
    known: watch::Receiver<Known>,
    watched: Arc<Mutex<Watched>>,
}

/// Why a token is good no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginEnd {
    /// Its time is up.
    Expired,
    /// Its user was deactivated, or has ended all tokens.
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
        // Watched before it is read, so that no change can come between.
        let known = self.lock().entry(claims.user_id).or_default().subscribe();
        let login = Login {
            known,
            watched: Arc::clone(&self.watched),
            claims,
        };
        self.refresh(vec![login.claims.user_id], database).await?;
        let is_good = login.viewer().is_some();
        is_good.then_some(login).ok_or(TokenError::Invalid)
    }

    /// Reads anew those of these users who are connected.
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
            if let Some(known) = watched.get(&id) {
                known.send_if_modified(|known| {
                    if read <= known.read {
                        return false;
                    }
                    // Each login reads the user, of which the other connections need not hear.
                    let is_news = account != known.account;
                    *known = Known { account, read };
                    is_news
                });
            }
        }
        Ok(())
    }

    /// All who are connected.
    pub(super) fn user_ids(&self) -> Vec<i32> {
        self.lock().keys().copied().collect()
    }
}

impl Login {
    /// The viewer as the database knows them now, unless the token is good no longer. That it has
    /// expired is not looked at here.
    #[must_use]
    pub fn viewer(&self) -> Option<Viewer> {
        let known = self.known.borrow();
        known.account.as_ref()?.viewer(&self.claims)
    }

    /// Waits until it ends. `now` is the time.
    pub(crate) async fn ended(&mut self, now: DateTime<Utc>) -> LoginEnd {
        let lifetime = (self.claims.expires_at - now).to_std().unwrap_or_default();
        select! {
            () = sleep(lifetime) => LoginEnd::Expired,
            () = self.revoked() => LoginEnd::Revoked,
        }
    }

    /// Waits until the user is deactivated, or their tokens are ended.
    async fn revoked(&mut self) {
        let claims = &self.claims;
        let is_bad = |known: &Known| {
            let viewer = known.account.as_ref().and_then(|it| it.viewer(claims));
            viewer.is_none()
        };
        // Without a sender nobody would ever say so.
        let _ = self.known.wait_for(is_bad).await;
    }
}

impl Clone for Login {
    fn clone(&self) -> Self {
        Self {
            claims: self.claims.clone(),
            known: self.known.clone(),
            watched: Arc::clone(&self.watched),
        }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let id = self.claims.user_id;
        // This one still counts.
        if watched.get(&id).is_some_and(|it| it.receiver_count() <= 1) {
            watched.remove(&id);
        }
    }
}
