//! Interrupts SQLite statements that take too long, or that nobody waits for any more.
//!
//! SQLite runs in our own process, on one thread per connection, and has no time limit. It only
//! calls a progress handler now and then, which can interrupt the statement. There is one clock per
//! connection, which the handler reads.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::sqlx::{self, SqliteConnection};
use tracing::trace;

/// How many steps of its virtual machine SQLite runs between two calls of the handler. They take a
/// fraction of a millisecond.
const STEPS_PER_CALL: i32 = 10_000;

/// Says when the statement that runs on a connection has to end.
#[derive(Debug, Default)]
pub(super) struct StatementClock {
    deadline: Mutex<Option<Instant>>,
    is_interrupted: AtomicBool,
}

impl StatementClock {
    /// The clock of a connection, on which nothing may run yet.
    pub(super) async fn of(connection: &mut SqliteConnection) -> Result<Arc<Self>, sqlx::Error> {
        let clock = Arc::<Self>::default();
        let handler = Arc::clone(&clock);
        connection
            .lock_handle()
            .await?
            .set_progress_handler(STEPS_PER_CALL, move || handler.allows_more());
        Ok(clock)
    }

    /// Starts the time of the next statement, if there is a limit.
    pub(super) fn start(&self, limit: Option<Duration>) {
        let deadline = limit.map(|limit| Instant::now() + limit);
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    /// Interrupts the statement that runs, and all others until it is switched off.
    pub(super) fn interrupt(&self, on: bool) {
        self.is_interrupted.store(on, Ordering::Release);
    }

    fn allows_more(&self) -> bool {
        trace!(steps = STEPS_PER_CALL, "a statement has run more steps");
        let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        !self.is_interrupted.load(Ordering::Acquire)
            && deadline.is_none_or(|deadline| Instant::now() < deadline)
    }
}
