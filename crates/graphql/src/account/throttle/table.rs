//! A table of counters, with a bound on its size.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::Counter;

/// The maximum number of counters in a table.
const MAX_COUNTERS: usize = 50_000;

/// How many counters a table has before it is swept for the first time.
const FIRST_SWEEP: usize = 1_000;

/// Says for each counter until when its allowance is used up. A counter without an entry has its
/// whole allowance.
#[derive(Default)]
pub(super) struct Table {
    used_until: HashMap<Counter, Instant>,
    /// The number of counters at which the table is swept next.
    sweep_at: usize,
}

impl Table {
    pub(super) fn used_until(&self, counter: &Counter) -> Option<Instant> {
        self.used_until.get(counter).copied()
    }

    /// Adds `step` to a counter.
    pub(super) fn count(&mut self, counter: Counter, step: Duration, now: Instant) {
        if self.used_until.len() >= self.sweep_at.max(FIRST_SWEEP) {
            self.sweep(now);
        }
        let used_until = self.used_until.entry(counter).or_insert(now);
        *used_until = (*used_until).max(now) + step;
    }

    /// Takes `step` from a counter.
    pub(super) fn give_back(&mut self, counter: &Counter, step: Duration) {
        if let Some(used_until) = self.used_until.get_mut(counter)
            && let Some(before) = used_until.checked_sub(step)
        {
            *used_until = before;
        }
    }

    /// Removes the counters that have recovered. If too many are left, the half that recovers
    /// soonest is removed, too.
    ///
    /// The next sweep comes only after as many new counters as there are now, or half of the
    /// maximum, so sweeping costs each new counter only a few steps.
    fn sweep(&mut self, now: Instant) {
        self.used_until.retain(|_, used_until| *used_until > now);
        if self.used_until.len() > MAX_COUNTERS / 2 {
            let mut ends: Vec<_> = self.used_until.values().copied().collect();
            let surplus = ends.len() - MAX_COUNTERS / 2;
            let (_, &mut last, _) = ends.select_nth_unstable(surplus - 1);
            let mut surplus = surplus;
            self.used_until.retain(|_, used_until| {
                let is_surplus = surplus > 0 && *used_until <= last;
                surplus -= usize::from(is_surplus);
                !is_surplus
            });
        }
        self.used_until.shrink_to(FIRST_SWEEP);
        self.sweep_at = (2 * self.used_until.len()).min(MAX_COUNTERS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stays_small() {
        let (mut table, now) = (Table::default(), Instant::now());
        let step = Duration::from_secs(30);
        let heavy = Counter::TakenFor(-1);
        for _ in 0..10 {
            table.count(heavy, step, now);
        }
        for id in 0..300_000 {
            table.count(Counter::TakenFor(id), step, now);
            assert!(table.used_until.len() <= MAX_COUNTERS);
        }
        // Those who have used the most are kept.
        assert_eq!(table.used_until(&heavy), Some(now + step * 10));
        let later = now + Duration::from_secs(301);
        for id in 0..100_000 {
            table.count(Counter::TakenFor(id), step, later);
        }
        assert_eq!(table.used_until(&heavy), None);
    }

    #[test]
    fn what_has_recovered_is_removed() {
        let (mut table, mut now) = (Table::default(), Instant::now());
        for id in 0..300_000 {
            now += Duration::from_secs(1);
            table.count(Counter::TakenFor(id), Duration::from_secs(30), now);
            assert!(table.used_until.len() <= FIRST_SWEEP);
        }
    }
}
