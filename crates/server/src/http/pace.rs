//! How slowly a client may read.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// The bytes per second that a client has to read on average. A client that reads more slowly falls
/// behind, and is cut off when it has fallen behind by the time limit.
const MIN_RATE: u64 = 4 * 1024;

/// By when a client has to read more of what it is being sent.
#[derive(Debug)]
pub struct Pace {
    time_limit: Duration,
    /// How long the client could take when this changed last.
    left: Duration,
    changed: Instant,
    /// Whether there is something to read.
    is_behind: bool,
}

impl Pace {
    /// A client that has nothing to read yet, and may later read nothing for `time_limit`.
    pub fn new(time_limit: Duration) -> Self {
        Self {
            time_limit,
            left: time_limit,
            changed: Instant::now(),
            is_behind: false,
        }
    }

    /// By when the client has to read more. None: it has read everything that there is at the moment.
    pub fn deadline(&self) -> Option<Instant> {
        self.is_behind.then(|| self.changed + self.left)
    }

    /// There is something to read.
    pub fn begin(&mut self) {
        if !self.is_behind {
            self.change(true);
        }
    }

    /// The client has read so many bytes, and earns the time that they may take.
    pub fn progress(&mut self, bytes: u64) {
        self.change(self.is_behind);
        self.earn(Duration::from_millis(bytes.saturating_mul(1000) / MIN_RATE));
    }

    /// The client has read everything.
    pub fn end(&mut self) {
        if self.is_behind {
            self.change(false);
        }
    }

    /// Takes account of the time that has passed. While there is nothing to read, it is earned.
    fn change(&mut self, is_behind: bool) {
        let now = Instant::now();
        let passed = now - self.changed;
        if self.is_behind {
            self.left = self.left.saturating_sub(passed);
        } else {
            self.earn(passed);
        }
        self.changed = now;
        self.is_behind = is_behind;
    }

    fn earn(&mut self, time: Duration) {
        self.left = self.left.saturating_add(time).min(self.time_limit);
    }

    /// Takes time from the client, in tests.
    #[cfg(test)]
    pub(super) fn fall_behind(&mut self, time: Duration) {
        self.left -= time;
    }
}

/// Waits for a deadline that moves.
#[derive(Debug, Default)]
pub struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Ready when the deadline has passed, if there is one.
    pub fn poll(&mut self, deadline: Option<Instant>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(deadline) = deadline else {
                return Poll::Pending;
            };
            let alarm = self
                .0
                .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            // A deadline usually moves further away. Then it is enough to look again when the old
            // one has passed, which is cheaper than to move the alarm each time.
            if alarm.deadline() > deadline {
                alarm.as_mut().reset(deadline);
            }
            ready!(alarm.as_mut().poll(context));
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace() -> Pace {
        Pace::new(Duration::from_secs(30))
    }

    fn pass(pace: &mut Pace, seconds: u64) {
        pace.changed -= Duration::from_secs(seconds);
    }

    /// The seconds that are left, rounded.
    fn left(pace: &Pace) -> u64 {
        let left = pace.deadline().unwrap() - Instant::now();
        (left + Duration::from_millis(500)).as_secs()
    }

    #[test]
    fn what_is_read_earns_time() {
        let mut pace = pace();
        assert_eq!(pace.deadline(), None);
        pace.begin();
        pass(&mut pace, 20);
        assert_eq!(left(&pace), 10);
        pace.progress(5 * MIN_RATE);
        assert_eq!(left(&pace), 15);
        pace.progress(100 * MIN_RATE);
        assert_eq!(left(&pace), 30);
    }

    #[test]
    fn only_time_without_anything_to_read_is_forgiven() {
        let mut pace = pace();
        pace.begin();
        pass(&mut pace, 20);
        pace.end();
        assert_eq!(pace.deadline(), None);
        pace.begin();
        assert_eq!(left(&pace), 10);
        pace.end();
        pass(&mut pace, 5);
        pace.begin();
        assert_eq!(left(&pace), 15);
    }
}
