//! The live state of a node: its subscribers, and what it needs to notify them.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{
    bus::Bus,
    feeds::Feeds,
    login::{Accounts, Login},
    rendering::RecentRenderings,
    turns::Turns,
};
use crate::{
    account::token::{Clock, TokenError, Tokens},
    database::Database,
    read::context::Publisher,
    schema::subject::Subject,
    shares::AnswerMemory,
};

/// How long to wait before retrying after a failure of the database.
pub(super) const RETRY_DELAY: Duration = Duration::from_millis(250);

/// The live state of a node.
pub(crate) struct Live {
    pub(super) database: Database,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) clock: Clock,
    /// The types whose changes are delivered.
    pub(super) subjects: &'static [Subject],
    /// By session id, each with the position up to which segments were sent.
    pub(super) transcripts: Feeds<i32>,
    /// By workspace id.
    pub(super) changes: Feeds<()>,
    pub(super) accounts: Accounts,
    pub(super) recent: RecentRenderings,
    pub(crate) turns: Turns,
    /// Whether the journal is being read. Changes that were made before are not delivered.
    pub(super) is_reading: watch::Sender<bool>,
}

impl Live {
    /// Starts without followers. Changes are read only while [`Live::run`] runs.
    pub(crate) fn new(
        database: Database,
        bus: Arc<dyn Bus>,
        clock: Clock,
        subjects: &'static [Subject],
        memory: AnswerMemory,
    ) -> Self {
        Self {
            database,
            bus,
            clock,
            subjects,
            transcripts: Feeds::default(),
            changes: Feeds::default(),
            accounts: Accounts::default(),
            recent: RecentRenderings::default(),
            turns: Turns::new(memory),
            is_reading: watch::Sender::default(),
        }
    }

    /// Waits until the journal is being read, so that whoever follows changes from then on misses
    /// none.
    pub(super) async fn started(&self) {
        // The sender is part of `self`, so the channel cannot be closed.
        let _ = self.is_reading.subscribe().wait_for(|it| *it).await;
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
