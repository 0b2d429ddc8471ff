//! Counts the SQL statements, rows and bytes of each request, and knows for whom it runs.
//!
//! This is a task-local: a request runs in one future, including the batches of its loaders,
//! so the code that uses the database finds them without a parameter.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::{counter, histogram};
use sea_orm::DbErr;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task_local,
};
use tracing::warn;

use crate::{
    error::Error,
    metric,
    shares::{Exhausted, Meter, Party},
};

/// How many statements of a request may run at once. The others wait without a connection.
const STATEMENTS_AT_ONCE: usize = 4;

task_local! {
    static CURRENT: Arc<Usage>;
    /// Counts the bytes of the rows that the current mutation reads.
    static MUTATION: Meter;
    static READS_JOURNAL: ();
}

/// Runs the task that reads the journal. Its statements are counted separately from those of
/// requests, because it reads every second even without requests.
pub(crate) fn scope_of_journal<F: Future>(reader: F) -> impl Future<Output = F::Output> {
    READS_JOURNAL.scope((), reader)
}

/// What a request has used so far.
#[derive(Debug)]
pub struct Usage {
    operation: Option<String>,
    party: Party,
    meter: Meter,
    statement_slots: Arc<Semaphore>,
    statements: AtomicU64,
    rows: AtomicU64,
    commits: AtomicU64,
    mutations: Mutex<Vec<Executed>>,
}

/// A mutation that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Executed {
    /// The name of its field in the response.
    pub(crate) field: String,
    /// Whether it has changed anything.
    pub(crate) is_committed: bool,
}

impl Usage {
    /// Empty counts for an operation of this name, which runs for `party`. The bytes of its answer
    /// are counted by `meter`.
    #[must_use]
    pub fn of(operation: Option<&str>, party: Party, meter: Meter) -> Arc<Self> {
        Arc::new(Self {
            operation: operation.map(str::to_owned),
            party,
            meter,
            statement_slots: Arc::new(Semaphore::new(STATEMENTS_AT_ONCE)),
            statements: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            mutations: Mutex::default(),
        })
    }

    /// Runs a future and counts what it uses.
    pub fn scope<F: Future>(self: &Arc<Self>, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(Arc::clone(self), future)
    }

    /// The meter of the answer.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The number of SQL statements so far, without those that begin or end transactions.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// The number of rows read for the response.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// The mutations that have ended, without those of which it is unknown whether they changed
    /// anything.
    pub(crate) fn mutations(&self) -> Vec<Executed> {
        let mutations = self.mutations.lock();
        mutations.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add_mutation(&self, executed: Executed) {
        let mutations = self.mutations.lock();
        let mut mutations = mutations.unwrap_or_else(PoisonError::into_inner);
        mutations.push(executed);
    }
}

/// Runs the mutation that is a field of the response. The rows that it reads are not part of the
/// answer, so they have a limit of their own: a mutation fails only for what it needs itself, however
/// long the answer is already.
pub(crate) async fn mutating<T>(
    field: &str,
    mutation: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Ok(usage) = CURRENT.try_with(Arc::clone) else {
        return mutation.await;
    };
    let commits = usage.commits.load(Ordering::Relaxed);
    let meter = usage.meter.another();
    let result = MUTATION.scope(meter.clone(), mutation).await;
    let result = result.map_err(|error| match meter.failure() {
        Some(Exhausted::Answer(limit)) => Error::MutationTooLarge(limit),
        Some(Exhausted::Memory) => Error::AnswersFull,
        None => error,
    });
    if !matches!(result, Err(Error::CommitUnknown(_))) {
        usage.add_mutation(Executed {
            field: field.to_owned(),
            is_committed: usage.commits.load(Ordering::Relaxed) > commits,
        });
    }
    result
}

/// For whom the current task runs. Work outside of requests is the server's own.
pub(crate) fn party() -> Party {
    CURRENT
        .try_with(|usage| usage.party)
        .unwrap_or(Party::Server)
}

/// Waits until the current request may run another statement. Outside of requests, there is no such
/// limit.
pub(super) async fn statement_slot() -> Option<OwnedSemaphorePermit> {
    let slots = CURRENT.try_with(|usage| Arc::clone(&usage.statement_slots));
    // Nobody closes the semaphore.
    slots.ok()?.acquire_owned().await.ok()
}

/// Counts bytes of the answer: those of rows that were loaded for it, and those that are written.
/// Returns whether the answer may grow by as many; if not, it fails as a whole. Within a mutation, it
/// is the rows of the mutation that are counted.
pub(crate) fn admits(bytes: usize) -> bool {
    if let Ok(is_admitted) = MUTATION.try_with(|meter| meter.admits(bytes)) {
        return is_admitted;
    }
    // Outside of requests there is no answer.
    CURRENT
        .try_with(|usage| usage.meter.admits(bytes))
        .unwrap_or(true)
}

/// The error of what [`admits`] does not admit. The answer fails as a whole, so nobody reads it.
pub(crate) fn no_room() -> DbErr {
    DbErr::Custom("the answer has no room for the rows".to_owned())
}

/// Counts a transaction that was committed.
pub(super) fn count_commit() {
    // Outside of requests, there are no counts to add to.
    let _ = CURRENT.try_with(|usage| usage.commits.fetch_add(1, Ordering::Relaxed));
}

/// Counts rows that were read.
pub(crate) fn count_rows(count: usize) {
    let count = count as u64;
    counter!(metric::SQL_ROWS).increment(count);
    // Outside of requests, there are no counts to add to.
    let _ = CURRENT.try_with(|usage| usage.rows.fetch_add(count, Ordering::Relaxed));
}

/// Records how many keys one statement serves.
pub(crate) fn count_batch(keys: usize) {
    let keys = u32::try_from(keys).unwrap_or(u32::MAX);
    histogram!(metric::LOADER_BATCH_KEYS).record(keys);
}

/// Counts a statement, and logs it if it took longer than `slow`, without the values of its
/// parameters.
pub(super) fn count_statement(sql: &str, elapsed: Duration, failed: bool, slow: Duration) {
    let source = match READS_JOURNAL.try_with(|()| ()) {
        Ok(()) => metric::JOURNAL,
        Err(_) => metric::REQUESTS,
    };
    counter!(metric::SQL_STATEMENTS, "source" => source).increment(1);
    histogram!(metric::SQL_STATEMENT_DURATION, "source" => source).record(elapsed);
    let usage = CURRENT.try_with(Arc::clone).ok();
    if let Some(usage) = &usage {
        usage.statements.fetch_add(1, Ordering::Relaxed);
    }
    if elapsed > slow {
        counter!(metric::SLOW_STATEMENTS).increment(1);
        warn!(
            operation = usage.and_then(|it| it.operation.clone()),
            elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            failed,
            statement = sql,
            "slow statement"
        );
    }
}
