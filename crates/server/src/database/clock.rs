//! Stopping SQLite's statements that take too long.
//!
//! SQLite runs in our own process, on a thread for each connection, and has no time limit of its
//! own: it only asks now and then whether it is to go on. The driver enters the span of whoever
//! asks before it runs a statement, on that very thread, and this is how the thread knows since
//! when it runs.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use sea_orm::sqlx::{self, SqliteConnection};
use tracing::{Subscriber, span};
use tracing_subscriber::{
    Layer,
    layer::{Context, Filter},
    registry::LookupSpan,
};

/// How many steps of its virtual machine SQLite makes between two questions: a fraction of a
/// millisecond.
const STEPS: i32 = 10_000;

thread_local! {
    /// Since when the span that this thread is in has been entered.
    static ENTERED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Notes when spans of requests are entered.
pub struct StatementClock;

impl<S: Subscriber> Layer<S> for StatementClock {
    fn on_enter(&self, _: &span::Id, _: Context<'_, S>) {
        ENTERED.set(Some(Instant::now()));
    }

    fn on_exit(&self, _: &span::Id, _: Context<'_, S>) {
        ENTERED.set(None);
    }
}

/// The clock, for those spans in which statements run.
pub fn statement_clock<S>(statements: impl Filter<S> + 'static) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    StatementClock.with_filter(statements)
}

/// Stops statements of requests on this connection that take longer than `limit`.
pub async fn limit_statements(
    connection: &mut SqliteConnection,
    limit: Duration,
) -> Result<(), sqlx::Error> {
    let in_time = move || ENTERED.get().is_none_or(|since| since.elapsed() < limit);
    connection
        .lock_handle()
        .await?
        .set_progress_handler(STEPS, in_time);
    Ok(())
}
