//! Interrupts SQLite statements that take too long.
//!
//! SQLite runs in our own process, on one thread per connection, and has no time limit. It only
//! calls a progress handler now and then, which can interrupt the statement. The driver enters the
//! span of the request on that thread before it runs a statement, so the time when the span was
//! entered is the time when the statement began.

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

/// How many steps of its virtual machine SQLite runs between two calls of the handler. They take a
/// fraction of a millisecond.
const STEPS_PER_CALL: i32 = 10_000;

thread_local! {
    /// When this thread entered the span that it is in.
    static ENTERED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A layer that records when spans of requests are entered.
pub struct StatementClock;

impl<S: Subscriber> Layer<S> for StatementClock {
    fn on_enter(&self, _: &span::Id, _: Context<'_, S>) {
        ENTERED.set(Some(Instant::now()));
    }

    fn on_exit(&self, _: &span::Id, _: Context<'_, S>) {
        ENTERED.set(None);
    }
}

/// The layer, limited to the spans in which statements run.
pub fn statement_clock<S>(statements: impl Filter<S> + 'static) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    StatementClock.with_filter(statements)
}

/// Interrupts statements of requests on this connection that take longer than `limit`.
pub async fn limit_statements(
    connection: &mut SqliteConnection,
    limit: Duration,
) -> Result<(), sqlx::Error> {
    let in_time = move || ENTERED.get().is_none_or(|since| since.elapsed() < limit);
    connection
        .lock_handle()
        .await?
        .set_progress_handler(STEPS_PER_CALL, in_time);
    Ok(())
}
