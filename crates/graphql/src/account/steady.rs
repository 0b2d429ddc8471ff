//! Notices when the clock of the machine is set.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};

/// By how much the clock may differ from what the monotonic clock makes expect. Clocks that are kept by
/// NTP are made faster or slower, both in the same way, so they hardly differ.
const TOLERANCE: TimeDelta = TimeDelta::minutes(1);

/// How long the clock must not have been set until something is forgotten because of its age. Whoever
/// keeps the clock, NTP or a person, has that long to correct it.
const PROBATION: Duration = Duration::from_hours(1);

/// Whether the clock of the machine can be trusted with what cannot be undone.
///
/// A clock that is wrong, at the start of the process or later, makes everything old at once. So
/// nothing is forgotten before it has run for a while without being set.
#[derive(Debug, Default)]
pub(crate) struct SteadyClock(Mutex<Option<Reading>>);

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    time: DateTime<Utc>,
    monotonic: Instant,
}

impl SteadyClock {
    /// Takes note of the time, and says whether the clock has run for long enough without being set.
    pub(crate) fn is_trusted(&self, time: DateTime<Utc>) -> bool {
        self.is_trusted_at(Reading {
            time,
            monotonic: Instant::now(),
        })
    }

    fn is_trusted_at(&self, now: Reading) -> bool {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = since.get_or_insert(now);
        let elapsed = now.monotonic.saturating_duration_since(first.monotonic);
        let expected = TimeDelta::from_std(elapsed).unwrap_or(TimeDelta::MAX);
        if (now.time - first.time - expected).abs() > TOLERANCE {
            *first = now;
            return false;
        }
        elapsed >= PROBATION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_not_trusted_for_an_hour() {
        let clock = SteadyClock::default();
        let start = Reading {
            time: DateTime::UNIX_EPOCH,
            monotonic: Instant::now(),
        };
        // Minutes that have passed, and by how many minutes the clock is ahead.
        for (passed, ahead, is_trusted) in [
            (0, 0, false),
            (59, 0, false),
            (61, 1, true),
            (62, 525_600, false),
            (121, 525_600, false),
            (122, 525_600, true),
            (123, 0, false),
            (183, 0, true),
            (184, -10, false),
        ] {
            let now = Reading {
                time: start.time + TimeDelta::minutes(i64::from(passed) + ahead),
                monotonic: start.monotonic + Duration::from_mins(passed.into()),
            };
            let passed: u32 = passed;
            assert_eq!(clock.is_trusted_at(now), is_trusted, "{passed}");
        }
    }
}
