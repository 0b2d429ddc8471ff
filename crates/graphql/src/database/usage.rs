//! Counts the SQL statements, rows and bytes of each request, and knows for whom it runs.
//!
//! This is a task-local: a request runs in one future, including the batches of its loaders,
//! so the code that uses the database finds them without a parameter.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::{counter, histogram};
use sea_orm::{DatabaseConnection, metric::Info};
use tokio::task_local;
use tracing::warn;

use crate::{
    database::Database,
    metric,
    shares::{Meter, Party},
};

task_local! {
    static CURRENT: Arc<Usage>;
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
    statements: AtomicU64,
    rows: AtomicU64,
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
            statements: AtomicU64::new(0),
            rows: AtomicU64::new(0),
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
}

/// For whom the current task runs. Work outside of requests is the server's own.
pub(crate) fn party() -> Party {
    CURRENT
        .try_with(|usage| usage.party)
        .unwrap_or(Party::Server)
}

/// Counts bytes of the answer: those of rows that were loaded for it, and those that are written.
/// Returns whether the answer may grow by as many; if not, it fails as a whole.
pub(crate) fn admits(bytes: usize) -> bool {
    // Outside of requests there is no answer.
    CURRENT
        .try_with(|usage| usage.meter.admits(bytes))
        .unwrap_or(true)
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

/// Counts the statements of a database from now on, and logs those slower than `slow`, without the
/// values of their parameters.
pub fn observe(database: &mut Database, slow: Duration) {
    let count = move |connection: &mut DatabaseConnection| {
        connection.set_metric_callback(move |statement| count_statement(statement, slow));
    };
    count(&mut database.reader);
    count(&mut database.writer);
}

fn count_statement(info: &Info<'_>, slow: Duration) {
    let source = match READS_JOURNAL.try_with(|()| ()) {
        Ok(()) => metric::JOURNAL,
        Err(_) => metric::REQUESTS,
    };
    counter!(metric::SQL_STATEMENTS, "source" => source).increment(1);
    histogram!(metric::SQL_STATEMENT_DURATION, "source" => source).record(info.elapsed);
    let usage = CURRENT.try_with(Arc::clone).ok();
    if let Some(usage) = &usage {
        usage.statements.fetch_add(1, Ordering::Relaxed);
    }
    if info.elapsed > slow {
        counter!(metric::SLOW_STATEMENTS).increment(1);
        warn!(
            operation = usage.and_then(|it| it.operation.clone()),
            elapsed_ms = u64::try_from(info.elapsed.as_millis()).unwrap_or(u64::MAX),
            failed = info.failed,
            statement = info.statement.sql,
            "slow statement"
        );
    }
}
