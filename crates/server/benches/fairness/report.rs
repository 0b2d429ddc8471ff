//! The verdicts, and the table.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{
    attacks::{Attack, Origin},
    samples::Samples,
    slot::Tally,
    victim::Watched,
};

/// The limits of a 95th percentile: so many milliseconds, or so many times what it is while nobody
/// attacks, whichever is more.
const QUERY: (f64, f64) = (25.0, 5.0);
const MUTATION: (f64, f64) = (100.0, 10.0);
const EVENT: (f64, f64) = (1000.0, 10.0);

/// The limit of the server's memory, in KiB.
const MEMORY: u64 = 1 << 20;

/// What happened during one attack.
pub struct Row {
    /// The attack.
    pub attack: &'static Attack,
    /// From where it was made.
    pub origin: Origin,
    /// How many of its requests were in flight.
    pub concurrency: usize,
    /// The victim before.
    pub idle: Watched,
    /// The victim meanwhile.
    pub during: Watched,
    /// The most memory of the server, in KiB.
    pub peak: u64,
    /// Its memory after the attack, in KiB, and none if it has ended.
    pub rss: Option<u64>,
    /// The processor time of the server.
    pub cpu: Duration,
    /// The processor time of attackers and victim.
    pub clients_cpu: Duration,
    /// When the victim was normal again, after the end of the attack.
    pub recovery: Option<Duration>,
    /// What the server answered to the attack.
    pub tally: Arc<Tally>,
    /// The first error that it answered.
    pub error: Option<String>,
    /// The factor by which the limits of latencies are raised.
    pub tolerance: f64,
}

/// The heads of the columns.
pub const HEAD: &str = "\
| attack | from | at once | victim: answered, refused, failed | query ms: idle p95, p50, p95, max \
| mutation ms: idle p95, p50, p95, max | event ms: idle p95, p95 | server: peak MiB, then, CPU s \
| normal after s | attack: answered, refused, rejected, broken; MB | verdict |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

impl Row {
    /// What should not be, in a few words each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.failures();
        faults.extend(self.delays());
        faults
    }

    /// Whether the victim was answered every time, but too late.
    pub fn only_delayed(&self) -> bool {
        self.failures().is_empty() && !self.delays().is_empty()
    }

    fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        let during = &self.during;
        let kinds = [
            ("queries", &during.queries),
            ("mutations", &during.mutations),
            ("events", &during.events),
            ("probes", &during.probes),
        ];
        for (name, samples) in kinds {
            if !samples.all_answered() || samples.answered() == 0 {
                failures.push(format!("{name} not answered"));
            }
        }
        if self.peak >= MEMORY {
            failures.push("memory".to_owned());
        }
        if self.rss.is_none() {
            failures.push("server ended".to_owned());
        }
        let tally = &self.tally;
        let unanswered = [&tally.refused, &tally.rejected, &tally.broken]
            .map(|count| count.load(Ordering::Relaxed))
            .iter()
            .sum::<usize>();
        if self.attack.harmless && unanswered > 0 {
            failures.push(format!("{unanswered} harmless requests rejected"));
        }
        failures
    }

    fn delays(&self) -> Vec<String> {
        let (idle, during) = (&self.idle, &self.during);
        let kinds = [
            ("query", &idle.queries, &during.queries, QUERY),
            ("mutation", &idle.mutations, &during.mutations, MUTATION),
            ("event", &idle.events, &during.events, EVENT),
        ];
        let mut delays = Vec::new();
        for (name, idle, during, (least, factor)) in kinds {
            let limit = self.tolerance * least.max(factor * idle.percentile(95));
            if during.percentile(95) > limit {
                delays.push(format!("{name} p95 over {limit:.0} ms"));
            }
        }
        delays
    }

    /// Its name for people.
    pub fn name(&self) -> String {
        format!(
            "{}, {}, {} at once",
            self.attack.name, self.origin, self.concurrency
        )
    }

    /// The first errors that the victim and the attackers have seen.
    pub fn errors(&self) -> String {
        let during = &self.during;
        let kinds = [
            &during.queries,
            &during.mutations,
            &during.events,
            &during.probes,
        ];
        let victim = kinds.iter().find_map(|samples| samples.fault.as_deref());
        let attack = self.error.as_deref();
        format!(
            "    victim: {}\n    attack: {}\n    processor time of the clients: {:.1?}",
            victim.unwrap_or("no error"),
            attack.unwrap_or("no error"),
            self.clients_cpu,
        )
    }
}

impl fmt::Display for Row {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the figures are rounded for display anyway"
    )]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let during = &self.during;
        let kinds = [
            &during.queries,
            &during.mutations,
            &during.events,
            &during.probes,
        ];
        let sum =
            |count: fn(&Samples) -> usize| kinds.iter().map(|kind| count(kind)).sum::<usize>();
        write!(
            out,
            "| {} | {} | {} | {}, {}, {} |",
            self.attack.name,
            self.origin,
            self.concurrency,
            sum(Samples::answered),
            sum(|samples| samples.refused),
            sum(|samples| samples.failed),
        )?;
        for (idle, during) in [
            (&self.idle.queries, &during.queries),
            (&self.idle.mutations, &during.mutations),
        ] {
            let [p50, p95, max] = [50, 95, 100].map(|percent| during.percentile(percent));
            write!(
                out,
                " {:.1}, {p50:.1}, {p95:.1}, {max:.0} |",
                idle.percentile(95)
            )?;
        }
        let (idle, event) = (&self.idle.events, &during.events);
        write!(
            out,
            " {:.0}, {:.0} |",
            idle.percentile(95),
            event.percentile(95)
        )?;
        let then = self
            .rss
            .map_or("ended".to_owned(), |rss| (rss / 1024).to_string());
        let cpu = self.cpu.as_secs_f64();
        write!(out, " {}, {then}, {cpu:.1} |", self.peak / 1024)?;
        match self.recovery {
            Some(recovery) => write!(out, " {:.2} |", recovery.as_secs_f64())?,
            None => write!(out, " never |")?,
        }
        let tally = &self.tally;
        let [answered, refused, rejected, broken, bytes] = [
            &tally.answered,
            &tally.refused,
            &tally.rejected,
            &tally.broken,
            &tally.bytes,
        ]
        .map(|count| count.load(Ordering::Relaxed));
        write!(
            out,
            " {answered}, {refused}, {rejected}, {broken}; {:.1} |",
            bytes as f64 / 1e6
        )?;
        let faults = self.faults();
        let verdict = if faults.is_empty() {
            "fair".to_owned()
        } else {
            faults.join("; ")
        };
        write!(out, " {verdict} |")
    }
}
