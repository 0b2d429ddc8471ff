//! Gives up on answers that their client does not read.
//!
//! hyper asks a body for its next chunk only when there is room for it, so a timer within the body
//! would never be polled while a client does not read. The timer is therefore around the future that
//! polls the body: [`Patient`] wraps the connection, which polls the bodies of HTTP/1, and the task
//! of each stream of HTTP/2. Dropping the first closes the connection, dropping the second resets
//! only the stream. The body tells the timer by when its client has to read more.

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll, ready},
};

use hyper::rt::Executor;
use tokio::{task_local, time::Instant};

use super::pace::Alarm;
use crate::telemetry::Shed;

task_local! {
    /// By when the client of the body that is being polled has to read more.
    static DEADLINE: Cell<Option<Instant>>;
}

/// Says by when the client has to read more of the body that is being polled. None: it has read
/// everything that there is at the moment.
pub fn set_deadline(deadline: Option<Instant>) {
    // A body that is polled outside of a connection, such as in a unit test, has no timer.
    let _ = DEADLINE.try_with(|cell| cell.set(deadline));
}

/// A future that ends with None if a body that it polls is not read in time.
pub struct Patient<F> {
    future: Pin<Box<F>>,
    deadline: Option<Instant>,
    alarm: Alarm,
}

impl<F> Patient<F> {
    /// Wraps a future that polls a body.
    pub fn new(future: F) -> Self {
        Self {
            future: Box::pin(future),
            deadline: None,
            alarm: Alarm::default(),
        }
    }

    /// The future itself.
    pub fn inner(&mut self) -> Pin<&mut F> {
        self.future.as_mut()
    }
}

impl<F: Future> Future for Patient<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let (polled, deadline) = DEADLINE.sync_scope(Cell::new(this.deadline), || {
            let polled = this.future.as_mut().poll(context);
            (polled, DEADLINE.with(Cell::get))
        });
        this.deadline = deadline;
        if let Poll::Ready(output) = polled {
            return Poll::Ready(Some(output));
        }
        ready!(this.alarm.poll(deadline, context));
        Shed::Unread.count();
        Poll::Ready(None)
    }
}

/// Runs the tasks of HTTP/2 streams. hyper resets a stream whose task is dropped.
#[derive(Clone, Copy)]
pub struct StreamTasks;

impl<F> Executor<F> for StreamTasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        tokio::spawn(async move {
            drop(Patient::new(stream).await);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use super::*;

    const TICK: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn it_ends_at_the_deadline_and_not_before() {
        let begun = Instant::now();
        let late = Patient::new(poll_fn(|_| {
            set_deadline(Some(begun + TICK));
            Poll::<()>::Pending
        }));
        assert_eq!(late.await, None);
        assert!(begun.elapsed() >= TICK);
    }

    #[tokio::test]
    async fn a_deadline_that_moves_or_goes_ends_nothing() {
        for last in [None, Some(Duration::from_mins(1))] {
            let mut ticks = tokio::time::interval(TICK);
            let mut left = 6;
            let reading = Patient::new(poll_fn(move |context| {
                while ticks.poll_tick(context).is_ready() {
                    left -= 1;
                    if left == 0 {
                        return Poll::Ready("read");
                    }
                    let patience = if left > 3 {
                        Some(Duration::from_secs(10))
                    } else {
                        last
                    };
                    set_deadline(patience.map(|it| Instant::now() + it));
                }
                Poll::Pending
            }));
            assert_eq!(reading.await, Some("read"));
        }
    }
}
