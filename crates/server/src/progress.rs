//! A progress bar at the terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget};

/// How long the bar stays hidden, because most work is finished by then.
const HIDDEN_FOR: Duration = Duration::from_secs(1);

/// A progress bar on standard error. It appears after a second, and only on a terminal, and
/// disappears when it is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started_at: Instant,
}

impl Progress {
    /// A bar for work of this many steps.
    pub fn new(steps: usize) -> Self {
        let progress = Self::of_unknown_length();
        progress.set_length(steps);
        progress
    }

    /// A bar for work whose number of steps is not known yet.
    pub fn of_unknown_length() -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            started_at: Instant::now(),
        }
    }

    /// Sets the total number of steps.
    pub fn set_length(&self, steps: usize) {
        self.bar.set_length(steps as u64);
    }

    /// Adds this many completed steps.
    pub fn advance(&self, steps: usize) {
        self.bar.inc(steps as u64);
        if self.bar.is_hidden() && self.started_at.elapsed() >= HIDDEN_FOR {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Hides the bar while something else is printed.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}
