//! What a node knows of what happens, and who follows it there.

use std::{sync::Arc, time::Duration};

use super::{
    bus::Bus,
    feeds::Feeds,
    login::{Accounts, Login},
};
use crate::{
    account::token::{Clock, TokenError, Tokens},
    database::Database,
    read::context::Publisher,
    schema::subject::Subject,
};

/// How long to wait before the database is asked again that has failed.
pub(super) const RETRY: Duration = Duration::from_millis(250);

/// What happens on a node, and who follows it.
pub(crate) struct Live {
    pub(super) database: Database,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) clock: Clock,
    /// The types whose changes are delivered.
    pub(super) subjects: &'static [Subject],
    /// By the ids of sessions, each with the position up to which has been told.
    pub(super) transcripts: Feeds<i32>,
    /// By the ids of workspaces.
    pub(super) changes: Feeds<()>,
    pub(super) accounts: Accounts,
}

impl Live {
    /// Nobody follows yet, and nothing is read before [`Live::run`].
    pub(crate) fn new(
        database: Database,
        bus: Arc<dyn Bus>,
        clock: Clock,
        subjects: &'static [Subject],
    ) -> Self {
        Self {
            database,
            bus,
            clock,
            subjects,
            transcripts: Feeds::default(),
            changes: Feeds::default(),
            accounts: Accounts::default(),
        }
    }

    /// Begins a connection with a token.
    pub(crate) async fn login(&self, token: &str, tokens: &Tokens) -> Result<Login, TokenError> {
        self.accounts.login(token, tokens, &self.database).await
    }
}

impl Publisher for Live {
    fn publish(&self) {
        self.bus.publish();
    }
}
