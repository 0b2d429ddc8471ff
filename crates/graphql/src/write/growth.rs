//! What a transaction adds to what its workspace stores, which the quota limits.

use std::sync::Arc;

use sea_orm::DbErr;

use super::transaction::{Abort, Transaction};
use crate::{
    account::viewer::Viewer,
    error::user_error::{UserError, UserErrorCode},
    quota::{Account, Stored},
    read::context::RequestContext,
};

/// What a transaction has added so far. If the transaction is not committed, nothing was added.
#[derive(Default)]
pub(super) struct Growth {
    /// None if there is no quota.
    account: Option<Arc<Account>>,
    stored: Stored,
    is_outdated: bool,
    is_committed: bool,
}

impl Growth {
    /// The growth of a transaction of this viewer. Reads the database, so the transaction must not
    /// have begun.
    pub(super) async fn begin(
        request: &RequestContext,
        viewer: Option<&Viewer>,
    ) -> Result<Self, DbErr> {
        let Some(workspace_id) = viewer.and_then(|viewer| viewer.user().workspace_id) else {
            return Ok(Self::default());
        };
        let now = || request.tokens.now();
        let account = request
            .quotas
            .account(workspace_id, &request.database, now)
            .await?;
        Ok(Self {
            account,
            ..Self::default()
        })
    }

    fn add(&mut self, stored: Stored) {
        if let Some(account) = &self.account {
            account.reserve(stored);
            self.stored += stored;
        }
    }

    fn add_within_quota(&mut self, stored: Stored) -> Result<(), UserError> {
        if let Some(account) = &self.account {
            let reserved = account.reserve_within(self.stored, stored);
            reserved
                .map_err(|message| UserError::new(UserErrorCode::QuotaExceeded, [], message))?;
            self.stored += stored;
        }
        Ok(())
    }

    fn excess(&self) -> Option<UserError> {
        let message = self.account.as_ref()?.excess(self.stored)?;
        Some(UserError::new(UserErrorCode::QuotaExceeded, [], message))
    }

    /// Counts what was added for good.
    pub(super) fn keep(&mut self) {
        self.is_committed = true;
    }
}

impl Drop for Growth {
    fn drop(&mut self) {
        if let Some(account) = &self.account {
            account.settle(self.stored, self.is_committed, self.is_outdated);
        }
    }
}

impl Transaction {
    /// Must be called before rows are added. Aborts if the workspace would exceed its quota.
    pub(crate) fn grow(&mut self, stored: Stored) -> Result<(), Abort> {
        match self.growth.add_within_quota(stored) {
            Err(problem) => self.reject(problem),
            Ok(()) => Ok(()),
        }
    }

    /// Must be called when rows are deleted.
    pub(crate) fn shrink(&mut self, stored: Stored) {
        self.growth.add(Stored::default() - stored);
    }

    /// Must be called when an unknown number of rows is deleted. The workspace is then counted
    /// again.
    pub(crate) fn shrink_unknown(&mut self) {
        self.growth.is_outdated = true;
    }

    /// Records that a text is replaced by another one.
    pub(crate) fn replace_text(&mut self, old: usize, new: usize) {
        let added = Stored::default().with_bytes(new);
        self.growth.add(added - Stored::default().with_bytes(old));
    }

    /// Aborts if the transaction would make the workspace exceed its quota.
    pub(super) fn ensure_within_quota(&mut self) -> Result<(), Abort> {
        match self.growth.excess() {
            Some(problem) => self.reject(problem),
            None => Ok(()),
        }
    }
}
