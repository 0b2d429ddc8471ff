//! The report of the measurements.

use std::{fmt, time::Duration};

use super::subscriber::Received;

/// The maximum number of faults in the report.
const MAX_FAULTS: usize = 5;

/// The results of the benchmark.
pub struct Report {
    pub measured: Measured,
    /// The latency of each event, in microseconds, in ascending order.
    latencies: Vec<u64>,
    /// When the last event arrived, in microseconds since the start.
    last_at: u64,
    /// What was wrong, one text per subscriber.
    pub faults: Vec<String>,
}

/// Measurements other than those of the subscribers.
pub struct Measured {
    pub subscribers: usize,
    /// The number of segments that were appended.
    pub appended: u64,
    /// When the writers began, in microseconds since the start.
    pub began_at: u64,
    /// How long it took to open all subscriptions.
    pub opened_in: Duration,
    /// How long it took to append all segments.
    pub wrote_in: Duration,
    /// The memory of the server in KiB: before the subscriptions, with idle subscriptions, and after
    /// the load.
    pub rss: [u64; 3],
    /// The processor time that the server used under load.
    pub server_cpu: Duration,
    /// The processor time that subscribers and writers used.
    pub client_cpu: Duration,
}

impl Report {
    /// Combines the measurements of all subscribers.
    pub fn new(measured: Measured, received: Vec<Received>) -> Self {
        let mut report = Self {
            measured,
            latencies: Vec::new(),
            last_at: 0,
            faults: Vec::new(),
        };
        for one in received {
            report.latencies.extend(one.latencies);
            report.last_at = report.last_at.max(one.last_at);
            report.faults.extend(one.fault);
        }
        report.latencies.sort_unstable();
        report
    }

    /// This percentile of the latencies, in milliseconds.
    fn latency(&self, percent: usize) -> f64 {
        let place = (self.latencies.len() * percent / 100).min(self.latencies.len().max(1) - 1);
        let micros = self.latencies.get(place).copied().unwrap_or_default();
        Duration::from_micros(micros).as_secs_f64() * 1000.0
    }
}

impl fmt::Display for Report {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the figures are rounded for display anyway"
    )]
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured {
            subscribers,
            appended,
            began_at,
            opened_in,
            wrote_in,
            rss: [before, idle, after],
            server_cpu,
            client_cpu,
        } = &self.measured;
        let delivered = self.latencies.len();
        let lasted = Duration::from_micros(self.last_at.saturating_sub(*began_at)).as_secs_f64();
        let per_second = delivered as f64 / lasted.max(f64::MIN_POSITIVE);
        let each = |rss: u64| rss.saturating_sub(*before) as f64 / *subscribers as f64;
        writeln!(
            out,
            "subscribers        {subscribers}, opened in {opened_in:.1?}"
        )?;
        writeln!(
            out,
            "segments           {appended}, appended in {wrote_in:.1?}"
        )?;
        writeln!(
            out,
            "events delivered   {delivered}, {per_second:.0} per second"
        )?;
        writeln!(
            out,
            "latency            p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
            self.latency(50),
            self.latency(99),
            self.latency(100),
        )?;
        writeln!(
            out,
            "memory, server     {before} KiB before, {idle} KiB idle, {after} KiB after"
        )?;
        writeln!(
            out,
            "memory, subscriber {:.1} KiB idle, {:.1} KiB after",
            each(*idle),
            each(*after),
        )?;
        writeln!(
            out,
            "processor time     server {server_cpu:.2?}, subscribers and writers {client_cpu:.2?}"
        )?;
        self.fmt_faults(out)
    }
}

impl Report {
    /// The last lines of the report: what was wrong, if anything was.
    fn fmt_faults(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in self.faults.iter().take(MAX_FAULTS) {
            writeln!(out, "FAULT              {fault}")?;
        }
        if self.faults.is_empty() {
            writeln!(
                out,
                "every event reached each subscriber exactly once, in order"
            )
        } else {
            writeln!(
                out,
                "{} subscribers did not receive the expected events",
                self.faults.len()
            )
        }
    }
}
