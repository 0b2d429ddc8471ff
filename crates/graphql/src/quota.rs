//! Quotas: how many rows and bytes a workspace may store.
//!
//! What a workspace stores is counted by one statement when it first writes, and again about once a
//! minute. In between, this server adds what it writes itself. So the quota costs a write nothing
//! but an addition, and rows that other programs write count, too. The price is precision: several
//! servers together can exceed the quota by what they write within a minute.

use std::{
    collections::HashMap,
    ops::{Add, AddAssign, Sub},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbErr, Statement};
use tokio::sync::Mutex as AsyncMutex;

use crate::database::Database;

/// How long a count is used.
const VALIDITY: TimeDelta = TimeDelta::minutes(1);

/// A count is used for at least this many times as long as it took, so that counting a large
/// workspace never keeps the database busy.
const MIN_VALIDITY: i32 = 20;

/// The number of workspaces from which on those are forgotten that do not write right now.
const MAX_WORKSPACES: usize = 10_000;

/// How much a workspace may store. 0 means any amount.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quota {
    /// The number of rows.
    pub rows: u64,
    /// The number of bytes of the texts and JSON values in these rows.
    pub bytes: u64,
}

/// An amount of data, or a difference between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) rows: i64,
    pub(crate) bytes: i64,
}

impl Stored {
    /// Rows, not counting their texts.
    pub(crate) fn rows(rows: usize) -> Self {
        Self {
            rows: signed(rows),
            bytes: 0,
        }
    }

    /// A text in these rows, in addition.
    pub(crate) fn with_text(self, text: Option<&str>) -> Self {
        self.with_bytes(text.map_or(0, str::len))
    }

    /// Bytes in these rows, in addition.
    pub(crate) fn with_bytes(self, bytes: usize) -> Self {
        Self {
            bytes: self.bytes + signed(bytes),
            ..self
        }
    }
}

impl Add for Stored {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl AddAssign for Stored {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Stored {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            rows: self.rows - other.rows,
            bytes: self.bytes - other.bytes,
        }
    }
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The quota of all workspaces, and what each of them stores.
#[derive(Debug)]
pub(crate) struct Quotas {
    quota: Quota,
    workspaces: Mutex<HashMap<i32, Arc<Account>>>,
}

impl Quotas {
    pub(crate) fn new(quota: Quota) -> Self {
        Self {
            quota,
            workspaces: Mutex::default(),
        }
    }

    /// What a workspace stores, counted if that was not done recently. None if there is no quota.
    pub(crate) async fn account(
        &self,
        workspace_id: i32,
        database: &Database,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Result<Option<Arc<Account>>, DbErr> {
        if self.quota.rows == 0 && self.quota.bytes == 0 {
            return Ok(None);
        }
        let account = self.known(workspace_id);
        account.refresh(workspace_id, database, now).await?;
        Ok(Some(account))
    }

    /// Counts a workspace again soon, because something else than a mutation deleted its rows.
    pub(crate) fn outdate(&self, workspace_id: i32) {
        if let Some(account) = lock(&self.workspaces).get(&workspace_id) {
            lock(&account.counts).is_outdated = true;
        }
    }

    fn known(&self, workspace_id: i32) -> Arc<Account> {
        let mut workspaces = lock(&self.workspaces);
        if workspaces.len() >= MAX_WORKSPACES && !workspaces.contains_key(&workspace_id) {
            workspaces.retain(|_, account| Arc::strong_count(account) > 1);
        }
        let account = workspaces
            .entry(workspace_id)
            .or_insert_with(|| Arc::new(Account::new(self.quota)));
        Arc::clone(account)
    }
}

/// What one workspace stores.
#[derive(Debug)]
pub(crate) struct Account {
    quota: Quota,
    counts: Mutex<Counts>,
    /// Held while the rows are counted.
    counting: AsyncMutex<()>,
}

#[derive(Debug, Default)]
struct Counts {
    /// What the last count found.
    counted: Stored,
    /// What this server has written since then.
    written: Stored,
    /// What the current transactions of this server have written so far.
    pending: Stored,
    /// When the last count began, and how long it took.
    last: Option<(DateTime<Utc>, TimeDelta)>,
    /// Whether so much was deleted since then that the workspace should be counted again.
    is_outdated: bool,
}

impl Counts {
    fn total(&self) -> Stored {
        self.counted + self.written + self.pending
    }

    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let Some((began, took)) = self.last else {
            return true;
        };
        let age = now - began;
        age >= took * MIN_VALIDITY && (self.is_outdated || age >= VALIDITY)
    }
}

impl Account {
    fn new(quota: Quota) -> Self {
        Self {
            quota,
            counts: Mutex::default(),
            counting: AsyncMutex::default(),
        }
    }

    /// Counts the rows of the workspace, if that is due. While another request counts them, the
    /// last count is used.
    async fn refresh(
        &self,
        workspace_id: i32,
        database: &Database,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Result<(), DbErr> {
        if !lock(&self.counts).is_due(now()) {
            return Ok(());
        }
        let is_first = lock(&self.counts).last.is_none();
        let _counting = match self.counting.try_lock() {
            Ok(counting) => counting,
            Err(_) if is_first => self.counting.lock().await,
            Err(_) => return Ok(()),
        };
        let began = now();
        let before = {
            let mut counts = lock(&self.counts);
            if !counts.is_due(began) {
                return Ok(());
            }
            counts.is_outdated = false;
            counts.written
        };
        let counted = count(workspace_id, database).await?;
        let mut counts = lock(&self.counts);
        counts.counted = counted;
        // What was committed while the rows were counted may be counted twice until the next time.
        counts.written = counts.written - before;
        counts.last = Some((began, now() - began));
        Ok(())
    }

    /// Adds what a transaction writes.
    pub(crate) fn reserve(&self, stored: Stored) {
        lock(&self.counts).pending += stored;
    }

    /// Like [`Self::reserve`], unless that would exceed the quota. Then nothing is added, so that
    /// what is rejected does not make others be rejected. `before` is what the transaction has
    /// added so far.
    pub(crate) fn reserve_within(&self, before: Stored, stored: Stored) -> Result<(), String> {
        let mut counts = lock(&self.counts);
        let total = counts.total() + stored;
        if let Some(problem) = self.excess_of(before + stored, total) {
            return Err(problem);
        }
        counts.pending += stored;
        Ok(())
    }

    /// The end of a transaction that wrote this.
    pub(crate) fn settle(&self, stored: Stored, is_committed: bool, is_outdated: bool) {
        let mut counts = lock(&self.counts);
        counts.pending = counts.pending - stored;
        if is_committed {
            counts.written += stored;
            counts.is_outdated |= is_outdated;
        }
    }

    /// Why a transaction that adds this must not be committed, if so.
    pub(crate) fn excess(&self, added: Stored) -> Option<String> {
        let total = lock(&self.counts).total();
        self.excess_of(added, total)
    }

    fn excess_of(&self, added: Stored, total: Stored) -> Option<String> {
        let exceeds = |added: i64, total: i64, quota: u64| {
            quota > 0 && added > 0 && u64::try_from(total).is_ok_and(|total| total > quota)
        };
        let Quota { rows, bytes } = self.quota;
        let (would_be, quota, noun) = if exceeds(added.rows, total.rows, rows) {
            (total.rows, rows, "rows")
        } else if exceeds(added.bytes, total.bytes, bytes) {
            (total.bytes, bytes, "bytes of text")
        } else {
            return None;
        };
        Some(format!(
            "The workspace would store about {would_be} {noun}; at most {quota} are allowed. \
             Delete something first."
        ))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts the rows of a workspace and the bytes in them, with those of the server's own tables that
/// users fill. A session belongs to the workspace of its user, or else of the meeting that it is
/// linked to.
const COUNT: &str = r#"
WITH own (id) AS (
    SELECT session.id FROM session
    JOIN "user" ON "user".id = session.user_id WHERE "user".workspace_id = $1
    UNION ALL
    SELECT session.id FROM session
    JOIN meeting ON meeting.session_id = session.external_id
    WHERE meeting.workspace_id = $1 AND session.user_id IS NULL
)
SELECT CAST(sum(part.n) AS bigint) AS n, CAST(coalesce(sum(part.size), 0) AS bigint) AS size
FROM (
    SELECT count(*) AS n,
        sum(octet_length(name) + coalesce(octet_length(CAST(settings AS text)), 0)) AS size
    FROM workspace WHERE id = $1
    UNION ALL
    SELECT count(*), sum(octet_length(username) + octet_length(email))
    FROM "user" WHERE workspace_id = $1
    UNION ALL
    SELECT count(*), sum(octet_length(title) + coalesce(octet_length(description), 0))
    FROM meeting WHERE workspace_id = $1
    UNION ALL
    SELECT count(*), sum(octet_length(task.title) + coalesce(octet_length(task.description), 0))
    FROM task JOIN meeting ON meeting.id = task.meeting_id WHERE meeting.workspace_id = $1
    UNION ALL
    SELECT count(*), 0
    FROM participant JOIN meeting ON meeting.id = participant.meeting_id
    WHERE meeting.workspace_id = $1
    UNION ALL
    SELECT count(*), sum(
        coalesce(octet_length(CAST(key_topics AS text)), 0)
        + coalesce(octet_length(CAST(action_items_summary AS text)), 0)
        + coalesce(octet_length(CAST(decisions_made AS text)), 0)
    )
    FROM analytics JOIN meeting ON meeting.id = analytics.meeting_id
    WHERE meeting.workspace_id = $1
    UNION ALL
    SELECT count(*), 0 FROM own
    UNION ALL
    SELECT count(*), sum(octet_length(segment.text))
    FROM own JOIN segment ON segment.session_id = own.id
    UNION ALL
    SELECT count(*), sum(octet_length(mina_speaker.name))
    FROM own JOIN mina_speaker ON mina_speaker.session_id = own.id
    UNION ALL
    SELECT count(*), sum(octet_length(mina_segment_key.key))
    FROM own JOIN mina_segment_key ON mina_segment_key.session_id = own.id
    UNION ALL
    SELECT count(*), sum(octet_length(mina_idempotency_key.key))
    FROM mina_idempotency_key JOIN "user" ON "user".id = mina_idempotency_key.user_id
    WHERE "user".workspace_id = $1
    UNION ALL
    SELECT count(*), sum(octet_length(marker.content))
    FROM marker JOIN "user" ON "user".id = marker.user_id WHERE "user".workspace_id = $1
) AS part
"#;

async fn count(workspace_id: i32, database: &Database) -> Result<Stored, DbErr> {
    let statement =
        || Statement::from_sql_and_values(database.backend(), COUNT, [workspace_id.into()]);
    let row = database
        .retried(|| database.reader.query_one_raw(statement()))
        .await?;
    let Some(row) = row else {
        return Ok(Stored::default());
    };
    Ok(Stored {
        rows: row.try_get("", "n")?,
        bytes: row.try_get("", "size")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(rows: u64, bytes: u64) -> Account {
        Account::new(Quota { rows, bytes })
    }

    #[test]
    fn transactions_share_the_quota_while_they_run() {
        let account = account(3, 0);
        let two = Stored::rows(2);
        account.reserve(two);
        assert_eq!(account.excess(two), None);
        account.reserve(two);
        let problem = account.excess(two).unwrap();
        assert!(
            problem.contains("about 4 rows; at most 3 are allowed"),
            "{problem}"
        );
        account.settle(two, false, false);
        assert_eq!(account.excess(two), None);
        account.settle(two, true, false);
        account.reserve(two);
        assert!(account.excess(two).is_some());
    }

    #[test]
    fn what_is_rejected_takes_no_room() {
        let account = account(3, 0);
        let none = Stored::default();
        assert!(account.reserve_within(none, Stored::rows(4)).is_err());
        assert!(account.reserve_within(none, Stored::rows(3)).is_ok());
        assert!(account.reserve_within(none, Stored::rows(1)).is_err());
    }

    #[test]
    fn whoever_adds_nothing_is_not_rejected() {
        let account = account(1, 10);
        let much = Stored::rows(5).with_bytes(50);
        account.reserve(much);
        account.settle(much, true, false);
        let less = Stored {
            rows: -1,
            bytes: -10,
        };
        assert_eq!(account.excess(less), None);
        assert_eq!(account.excess(Stored::default()), None);
        let more_text = Stored::default().with_text(Some("a"));
        let problem = account.excess(more_text).unwrap();
        assert!(problem.contains("50 bytes of text"), "{problem}");
    }

    #[test]
    fn counting_takes_a_small_share_of_the_time() {
        let second = TimeDelta::seconds(1);
        let began = DateTime::<Utc>::UNIX_EPOCH;
        let mut counts = Counts::default();
        assert!(counts.is_due(began));
        counts.last = Some((began, second * 5));
        assert!(!counts.is_due(began + second * 99));
        assert!(counts.is_due(began + second * 100));
        counts.last = Some((began, second));
        assert!(!counts.is_due(began + second * 59));
        assert!(counts.is_due(began + second * 60));
        counts.is_outdated = true;
        assert!(counts.is_due(began + second * 20));
    }
}
