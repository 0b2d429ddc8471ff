//! A progress bar for whoever waits at a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget};

/// How long nothing is shown, since most work is done by then.
const PATIENCE: Duration = Duration::from_secs(1);

/// A progress bar on standard error. It shows itself only on a terminal and after a second, and
/// goes when it is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    begun_at: Instant,
}

impl Progress {
    /// Work of so many steps.
    pub fn new(steps: usize) -> Self {
        let progress = Self::of_unknown_length();
        progress.set_length(steps);
        progress
    }

    /// Work of which only its beginning tells how many steps it has.
    pub fn of_unknown_length() -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            begun_at: Instant::now(),
        }
    }

    /// The work has so many steps in all.
    pub fn set_length(&self, steps: usize) {
        self.bar.set_length(steps as u64);
    }

    /// So many further steps are done.
    pub fn advance(&self, steps: usize) {
        self.bar.inc(steps as u64);
        if self.bar.is_hidden() && self.begun_at.elapsed() >= PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Does something that prints, with the bar out of the way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}
