//! The task that reads the journal and sends changes to the subscribers of this node.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    time::{Duration, Instant},
};

use entity::bookkeeping::change;
use futures_util::{StreamExt, TryStreamExt, stream};
use metrics::gauge;
use sea_orm::DbErr;
use tokio::{select, time::sleep};
use tracing::warn;

use super::{
    changes,
    journal::{Cursor, Window},
    node::{Live, RETRY_DELAY},
    transcript,
};
use crate::{
    database::usage, error::failure::Failure, metric, read::unreadable::reason,
    schema::event::Event,
};

/// How often the journal is read without notifications.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How many workspaces and transcripts are read concurrently. The rest of the connection pool is
/// left for requests.
const MAX_CONCURRENT_READS: usize = 8;

/// How many changes of a workspace at once are delivered one by one. Of more, its subscribers are
/// only told that they missed something, so that one workspace cannot delay the others.
const MAX_CHANGES: i64 = 1000;

/// How many pages of a transcript are read at once. Beyond that, its subscribers read it themselves,
/// each from its own position.
const MAX_TRANSCRIPT_PAGES: usize = 10;

/// A node that could not read for this long may have missed changes that other nodes have pruned.
const STALE_AFTER: Duration = Duration::from_mins(5);

/// How far a node has read.
enum Reading {
    /// It has not begun.
    NotBegun,
    /// Everything up to here was delivered.
    UpTo(Cursor),
    /// These changes are being delivered. After a failure, this continues where it was.
    Within(Window, Rest),
}

/// What is left of a window.
enum Rest {
    /// Everything.
    Everything,
    /// The changes of these workspaces with ids higher than `after` and up to `last`.
    Pages {
        workspace_ids: Vec<i32>,
        after: i64,
        last: i64,
    },
}

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
        let mut reading = Reading::NotBegun;
        let mut last_read = Instant::now();
        loop {
            if last_read.elapsed() > STALE_AFTER {
                // Followers of changes get an error; those of transcripts resume at their
                // positions.
                self.transcripts.close_all();
                self.changes.close_all();
            }
            self.recent.forget_old();
            match self.advance(&mut reading).await {
                Ok(()) => last_read = Instant::now(),
                Err(error) if is_of_rows(&error) && matches!(reading, Reading::UpTo(_)) => {
                    let reason = reason(&error);
                    warn!(reason, "skips changes that cannot be read");
                    reading = Reading::NotBegun;
                    sleep(RETRY_DELAY).await;
                    continue;
                }
                Err(error) => {
                    warn!(%error, "cannot read the journal of changes");
                    sleep(RETRY_DELAY).await;
                    continue;
                }
            }
            if matches!(reading, Reading::Within(..)) {
                continue;
            }
            select! {
                () = self.bus.published() => {}
                () = sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Takes the next step: looks for new changes, or delivers a page of them. What was read is left
    /// behind only when it was delivered, so that after a failure the step is taken again.
    async fn advance(&self, reading: &mut Reading) -> Result<(), DbErr> {
        match reading {
            Reading::NotBegun => {
                let now = Cursor::now(&self.database).await?;
                // What was skipped is missed. When the server starts, nobody follows changes yet.
                self.changes.close_all();
                // Users who logged in before may have changed since.
                let users = self.accounts.user_ids();
                self.accounts.refresh_all(users, &self.database).await?;
                self.send_transcripts(self.transcripts.ids()).await?;
                *reading = Reading::UpTo(now);
                self.is_reading.send_replace(true);
            }
            Reading::UpTo(cursor) => {
                let window = cursor.window(&self.database).await?;
                *reading = Reading::Within(window, Rest::Everything);
                Box::pin(self.advance(reading)).await?;
            }
            Reading::Within(window, rest) => {
                let next = match rest {
                    Rest::Everything => self.begin_window(window).await?,
                    Rest::Pages {
                        workspace_ids,
                        after,
                        last,
                    } => {
                        let ids = workspace_ids.clone();
                        let page = window.page(ids, *after, *last, &self.database);
                        let page = self.or_lagging(workspace_ids, page.await)?;
                        self.send_changes(&page.changes).await?;
                        page.next_after.map(|after| Rest::Pages {
                            workspace_ids: std::mem::take(workspace_ids),
                            after,
                            last: *last,
                        })
                    }
                };
                match next {
                    Some(next) => *rest = next,
                    None => *reading = Reading::UpTo(window.until.clone()),
                }
            }
        }
        Ok(())
    }

    /// Delivers a window that fits into a page. Of a larger one, delivers what transcripts and users
    /// need; the changes that are left are read page by page.
    async fn begin_window(&self, window: &Window) -> Result<Option<Rest>, DbErr> {
        // Refresh users first, so that nobody receives what they may no longer see.
        let users = self.changed(window, "User", self.accounts.user_ids());
        let users = users.await?;
        self.accounts.refresh_all(users, &self.database).await?;
        let transcripts = self.changed(window, "Transcript", self.transcripts.ids());
        let transcripts = transcripts.await?;
        self.send_transcripts(transcripts).await?;
        match &window.changes {
            Some(changes) => {
                self.send_changes(changes).await?;
                Ok(None)
            }
            None => self.choose_workspaces(window).await,
        }
    }

    /// The rows that changed in a window. Of a large one, only those that somebody follows; if that
    /// cannot be read, these count as changed.
    async fn changed(
        &self,
        window: &Window,
        subject: &str,
        followed: Vec<i32>,
    ) -> Result<Vec<i32>, DbErr> {
        if let Some(changes) = &window.changes {
            let of = changes.iter().filter(|it| it.subject == subject);
            let ids: BTreeSet<i32> = of.map(|it| it.row_id).collect();
            return Ok(ids.into_iter().collect());
        }
        let changed = window.changed(subject, followed.clone(), &self.database);
        match changed.await {
            Err(error) if is_of_rows(&error) => {
                let reason = reason(&error);
                warn!(subject, reason, "cannot tell what has changed");
                Ok(followed)
            }
            changed => changed,
        }
    }

    /// The workspaces of a window whose changes are delivered. The subscribers of those with too
    /// many are told to read again, and their changes are not even loaded.
    async fn choose_workspaces(&self, window: &Window) -> Result<Option<Rest>, DbErr> {
        let counts = window.counts(&self.database).await;
        let mut counts = self.or_lagging(&self.changes.ids(), counts)?;
        counts.retain(|count| self.changes.state(count.workspace_id).is_some());
        counts.retain(|count| {
            let is_delivered = count.changes <= MAX_CHANGES;
            if !is_delivered {
                self.changes.close(count.workspace_id);
            }
            is_delivered
        });
        let first = counts.iter().map(|count| count.first).min();
        let last = counts.iter().map(|count| count.last).max();
        Ok(first.zip(last).map(|(first, last)| Rest::Pages {
            workspace_ids: counts.iter().map(|count| count.workspace_id).collect(),
            after: first - 1,
            last,
        }))
    }

    /// What was read of the changes of these workspaces. If it cannot be read, their subscribers are
    /// told to read again, and nobody else waits.
    fn or_lagging<T: Default>(
        &self,
        workspace_ids: &[i32],
        read: Result<T, DbErr>,
    ) -> Result<T, DbErr> {
        match read {
            Err(error) if is_of_rows(&error) => {
                let reason = reason(&error);
                warn!(reason, "skips changes that cannot be read");
                for id in workspace_ids {
                    self.changes.close(*id);
                }
                Ok(T::default())
            }
            read => read,
        }
    }

    /// Sends the new segments of those of these transcripts that have followers.
    async fn send_transcripts(
        &self,
        session_ids: impl IntoIterator<Item = i32>,
    ) -> Result<(), DbErr> {
        stream::iter(session_ids.into_iter().map(Ok))
            .try_for_each_concurrent(MAX_CONCURRENT_READS, async |id| {
                match self.send_transcript(id).await {
                    Err(error) if is_of_rows(&error) => {
                        let reason = reason(&error);
                        warn!(session = id, reason, "cannot read a transcript");
                        self.transcripts.close(id);
                        Ok(())
                    }
                    result => result,
                }
            })
            .await
    }

    async fn send_transcript(&self, session_id: i32) -> Result<(), DbErr> {
        let mut pages = 0;
        while let Some(position) = self.transcripts.state(session_id) {
            if pages == MAX_TRANSCRIPT_PAGES {
                self.transcripts.close(session_id);
                break;
            }
            pages += 1;
            let page = transcript::batch_after(&self.database, session_id, position).await?;
            let is_last = page.is_last();
            if let Some(position) = page.last_position {
                self.transcripts
                    .send(session_id, page.workspace_id, page.events, position);
            } else if pages == 1 && !transcript::exists(&self.database, session_id).await? {
                // Its followers find out that the session was deleted.
                self.transcripts.close(session_id);
            }
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// Sends changes to the followers of their workspaces, in order of the ids. The rows are read
    /// first, so that after a failure nothing is sent twice.
    async fn send_changes(&self, changes: &[change::Model]) -> Result<(), DbErr> {
        let mut by_workspace: BTreeMap<i32, Vec<&change::Model>> = BTreeMap::new();
        for change in changes {
            if let Some(id) = change.workspace_id
                && self.changes.state(id).is_some()
            {
                by_workspace.entry(id).or_default().push(change);
            }
        }
        let events = stream::iter(by_workspace)
            .map(async |(id, changes)| Ok::<_, DbErr>((id, self.events(id, &changes).await?)))
            .buffer_unordered(MAX_CONCURRENT_READS);
        for (id, events) in events.try_collect::<Vec<_>>().await? {
            for batch in changes::batches(events) {
                self.changes.send(id, Some(id), batch, ());
            }
        }
        if let Some(newest) = changes.iter().map(|it| it.at_ms).max() {
            let now = (self.clock)().timestamp_millis();
            let lag = Duration::from_millis((now - newest).try_into().unwrap_or_default());
            gauge!(metric::BUS_LAG).set(lag);
        }
        Ok(())
    }

    /// The events of changes in one workspace. If these cannot be read or are too long together, its
    /// subscribers miss them, and those of other workspaces do not wait.
    async fn events(
        &self,
        workspace_id: i32,
        changes: &[&change::Model],
    ) -> Result<Vec<Event>, DbErr> {
        let events = changes::events(&self.database, self.subjects, workspace_id, changes);
        match events.await {
            Ok(Some(events)) => Ok(events),
            Ok(None) => {
                self.changes.close(workspace_id);
                Ok(Vec::new())
            }
            Err(error) if is_of_rows(&error) => {
                let reason = reason(&error);
                warn!(
                    workspace = workspace_id,
                    reason, "cannot read the changes of a workspace"
                );
                self.changes.close(workspace_id);
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether a statement failed because of the rows that it reads, or of how many these are, so that a
/// retry would fail as well.
fn is_of_rows(error: &DbErr) -> bool {
    matches!(
        Failure::of(error),
        Failure::Unexpected | Failure::TimedOut | Failure::StorageFull | Failure::ReadOnly
    )
}
