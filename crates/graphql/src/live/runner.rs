//! The task of a node that reads what has changed and notifies those who follow.

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
    node::{Live, RETRY},
    rendering::EventBatch,
    transcript,
};
use crate::{database::usage, metric};

/// How often the journal is read where nobody says that there is something new.
const POLL: Duration = Duration::from_secs(1);

/// How many transcripts are read at once: the connections to the database are for requests, too.
const READS_AT_ONCE: usize = 8;

/// How often old changes are looked for.
const PRUNING: Duration = Duration::from_mins(1);

/// For how many times that changes are kept in the journal, at least.
const MARKS: usize = 10;

/// A node that could not read for so long may have missed what others have forgotten.
const STALE: Duration = Duration::from_mins(5);

impl Live {
    /// Reads what changes and tells those who follow, for ever, and forgets what is old.
    pub(crate) async fn run(&self) -> Infallible {
        let reading = async {
            select! {
                never = self.follow() => never,
                never = self.forget() => never,
            }
        };
        usage::scope_of_journal(reading).await
    }

    async fn follow(&self) -> Infallible {
        let mut cursor = None;
        let mut last_read = Instant::now();
        loop {
            if last_read.elapsed() > STALE {
                // What follows begins anew: transcripts at their positions.
                self.transcripts.end();
                self.changes.end();
            }
            match self.advance(&mut cursor).await {
                Ok(()) => last_read = Instant::now(),
                Err(error) => {
                    warn!(%error, "cannot read what has changed");
                    sleep(RETRY).await;
                    continue;
                }
            }
            select! {
                () = self.bus.published() => {}
                () = sleep(POLL) => {}
            }
        }
    }

    /// Reads on from the cursor, tells what is new, and moves the cursor: in that order, so that
    /// what fails is read again.
    async fn advance(&self, cursor: &mut Option<Cursor>) -> Result<(), DbErr> {
        let Some(current) = cursor else {
            *cursor = Some(Cursor::now(&self.database).await?);
            // Who has logged in before may have changed since.
            let users = self.accounts.user_ids();
            self.accounts.refresh(users, &self.database).await?;
            return self.tell_transcripts(self.transcripts.ids()).await;
        };
        let reading = current.read(&self.database).await?;
        let ids = |subject| {
            let of = reading.changes.iter().filter(|it| it.subject == subject);
            of.map(|it| it.row_id).collect::<BTreeSet<i32>>()
        };
        // First, so that nobody is told what they may see no longer.
        let users = ids("User").into_iter().collect();
        self.accounts.refresh(users, &self.database).await?;
        let changes = self.changes_of(&reading.changes);
        let (batches, ()) = try_join(changes, self.tell_transcripts(ids("Transcript"))).await?;
        for (workspace_id, batch) in batches {
            self.changes.tell(workspace_id, batch, ());
        }
        if let Some(newest) = reading.changes.iter().map(|it| it.at_ms).max() {
            let now = (self.clock)().timestamp_millis();
            let lag = Duration::from_millis((now - newest).try_into().unwrap_or_default());
            gauge!(metric::BUS_LAG).set(lag);
        }
        *cursor = Some(reading.cursor);
        Ok(())
    }

    /// Forgets changes that are older than the retention, by how far the journal had come then.
    async fn forget(&self) -> Infallible {
        let mut reached = VecDeque::new();
        loop {
            sleep(PRUNING).await;
            let pruned = async {
                reached.push_back(journal::newest(&self.database).await?);
                if reached.len() > MARKS
                    && let Some(Some(old)) = reached.pop_front()
                {
                    journal::forget(&self.database, old).await?;
                }
                Ok::<_, DbErr>(())
            };
            if let Err(error) = pruned.await {
                warn!(%error, "cannot forget old changes");
            }
        }
    }

    /// Tells what is new in these transcripts, if somebody follows them.
    async fn tell_transcripts(
        &self,
        session_ids: impl IntoIterator<Item = i32>,
    ) -> Result<(), DbErr> {
        stream::iter(session_ids.into_iter().map(Ok))
            .try_for_each_concurrent(READS_AT_ONCE, |id| self.tell_transcript(id))
            .await
    }

    async fn tell_transcript(&self, session_id: i32) -> Result<(), DbErr> {
        while let Some(position) = self.transcripts.state(session_id) {
            let batch = transcript::batch_after(&self.database, session_id, position).await?;
            let count = batch.events.len();
            if let Some(position) = transcript::last(&batch.events) {
                self.transcripts.tell(session_id, batch, position);
            }
            if count < transcript::PAGE {
                break;
            }
        }
        Ok(())
    }

    /// The changes in workspaces that somebody follows.
    async fn changes_of(&self, changes: &[change::Model]) -> Result<Vec<(i32, EventBatch)>, DbErr> {
        let mut by_workspace: BTreeMap<i32, Vec<&change::Model>> = BTreeMap::new();
        for change in changes {
            if let Some(id) = change.workspace_id
                && self.changes.state(id).is_some()
            {
                by_workspace.entry(id).or_default().push(change);
            }
        }
        let batches = by_workspace.iter().map(async |(id, changes)| {
            let batch = changes::batch(&self.database, self.subjects, *id, changes).await?;
            Ok((*id, batch))
        });
        try_join_all(batches).await
    }
}
