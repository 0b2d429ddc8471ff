//! The task that reads the journal and sends changes to the subscribers of this node.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    convert::Infallible,
    time::{Duration, Instant},
};

use entity::bookkeeping::change;
use futures_util::{
    TryStreamExt,
    future::{try_join, try_join_all},
    stream,
};
use metrics::gauge;
use sea_orm::DbErr;
use tokio::{select, time::sleep};
use tracing::warn;

use super::{
    changes,
    journal::{self, Cursor},
    node::{Live, RETRY_DELAY},
    rendering::EventBatch,
    transcript,
};
use crate::{database::usage, metric};

/// How often the journal is read without notifications.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How many transcripts are read concurrently. The rest of the connection pool is left for
/// requests.
const MAX_CONCURRENT_READS: usize = 8;

/// How often old changes are deleted.
const PRUNE_INTERVAL: Duration = Duration::from_mins(1);

/// For how many of these intervals changes are kept in the journal, at least.
const KEPT_INTERVALS: usize = 10;

/// A node that could not read for this long may have missed changes that other nodes have pruned.
const STALE_AFTER: Duration = Duration::from_mins(5);

impl Live {
    /// Sends changes to their followers and prunes old ones, forever.
    pub(crate) async fn run(&self) -> Infallible {
        let reading = async {
            select! {
                never = self.follow() => never,
                never = self.prune() => never,
            }
        };
        usage::scope_of_journal(reading).await
    }

    async fn follow(&self) -> Infallible {
        let mut cursor = None;
        let mut last_read = Instant::now();
        loop {
            if last_read.elapsed() > STALE_AFTER {
                // Followers of changes get an error; those of transcripts resume at their
                // positions.
                self.transcripts.close();
                self.changes.close();
            }
            match self.advance(&mut cursor).await {
                Ok(()) => last_read = Instant::now(),
                Err(error) => {
                    warn!(%error, "cannot read the journal of changes");
                    sleep(RETRY_DELAY).await;
                    continue;
                }
            }
            select! {
                () = self.bus.published() => {}
                () = sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Reads the changes after the cursor, sends them, and advances the cursor, in this order, so
    /// that changes are read again after a failure.
    async fn advance(&self, cursor: &mut Option<Cursor>) -> Result<(), DbErr> {
        let Some(current) = cursor else {
            let now = Cursor::now(&self.database).await?;
            // Users who logged in before may have changed since.
            let users = self.accounts.user_ids();
            self.accounts.refresh(users, &self.database).await?;
            self.send_transcripts(self.transcripts.ids()).await?;
            *cursor = Some(now);
            self.is_reading.send_replace(true);
            return Ok(());
        };
        let reading = current.read(&self.database).await?;
        let ids = |subject| {
            let of = reading.changes.iter().filter(|it| it.subject == subject);
            of.map(|it| it.row_id).collect::<BTreeSet<i32>>()
        };
        // Refresh users first, so that nobody receives what they may no longer see.
        let users = ids("User").into_iter().collect();
        self.accounts.refresh(users, &self.database).await?;
        let events = self.events_of(&reading.changes);
        let (batches, ()) = try_join(events, self.send_transcripts(ids("Transcript"))).await?;
        for (workspace_id, batch) in batches {
            self.changes.send(workspace_id, batch, ());
        }
        if let Some(newest) = reading.changes.iter().map(|it| it.at_ms).max() {
            let now = (self.clock)().timestamp_millis();
            let lag = Duration::from_millis((now - newest).try_into().unwrap_or_default());
            gauge!(metric::BUS_LAG).set(lag);
        }
        *cursor = Some(reading.cursor);
        Ok(())
    }

    /// Deletes old changes. The newest id is recorded at each interval, and changes up to the
    /// oldest recorded id are deleted.
    async fn prune(&self) -> Infallible {
        let mut reached = VecDeque::new();
        loop {
            sleep(PRUNE_INTERVAL).await;
            let pruned = async {
                reached.push_back(journal::newest(&self.database).await?);
                if reached.len() > KEPT_INTERVALS
                    && let Some(Some(old)) = reached.pop_front()
                {
                    journal::prune(&self.database, old).await?;
                }
                Ok::<_, DbErr>(())
            };
            if let Err(error) = pruned.await {
                warn!(%error, "cannot delete old changes");
            }
        }
    }

    /// Sends the new segments of those of these transcripts that have followers.
    async fn send_transcripts(
        &self,
        session_ids: impl IntoIterator<Item = i32>,
    ) -> Result<(), DbErr> {
        stream::iter(session_ids.into_iter().map(Ok))
            .try_for_each_concurrent(MAX_CONCURRENT_READS, |id| self.send_transcript(id))
            .await
    }

    async fn send_transcript(&self, session_id: i32) -> Result<(), DbErr> {
        while let Some(position) = self.transcripts.state(session_id) {
            let batch = transcript::batch_after(&self.database, session_id, position).await?;
            let count = batch.events.len();
            if let Some(position) = transcript::last(&batch.events) {
                self.transcripts.send(session_id, batch, position);
            }
            if count < transcript::PAGE {
                break;
            }
        }
        Ok(())
    }

    /// The changes in workspaces with followers, as events.
    async fn events_of(&self, changes: &[change::Model]) -> Result<Vec<(i32, EventBatch)>, DbErr> {
        let mut by_workspace: BTreeMap<i32, Vec<&change::Model>> = BTreeMap::new();
        for change in changes {
            if let Some(id) = change.workspace_id
                && self.changes.state(id).is_some()
            {
                by_workspace.entry(id).or_default().push(change);
            }
        }
        let batches = by_workspace.iter().map(async |(id, changes)| {
            let batch = changes::events(&self.database, self.subjects, *id, changes).await?;
            Ok((*id, batch))
        });
        try_join_all(batches).await
    }
}
