//! What has been measured.

use std::{fmt, time::Duration};

use super::subscriber::Received;

/// No more faults than these are told.
const MOST_FAULTS: usize = 5;

/// What has been measured.
pub struct Report {
    pub measured: Measured,
    /// How long each event was on its way, in microseconds, the shortest first.
    latencies: Vec<u64>,
    /// When the last one came, in microseconds since the beginning.
    last_at: u64,
    /// What was wrong with what came.
    pub faults: Vec<String>,
}

/// What is seen from outside.
pub struct Measured {
    pub subscribers: usize,
    /// The segments that were appended.
    pub appended: u64,
    /// When the writers began, in microseconds since the beginning.
    pub began_at: u64,
    /// How long it took until all followed.
    pub opened_in: Duration,
    /// How long it took until all was appended.
    pub wrote_in: Duration,
    /// The memory of the server in KiB: before all followed, when they did, and after the load.
    pub rss: [u64; 3],
    /// The time of processors that the load took.
    pub server_cpu: Duration,
    pub client_cpu: Duration,
}

impl Report {
    /// Sums up what all have received.
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

    /// The latency that so many percent do not exceed, in milliseconds.
    fn latency(&self, percent: usize) -> f64 {
        let place = (self.latencies.len() * percent / 100).min(self.latencies.len().max(1) - 1);
        let micros = self.latencies.get(place).copied().unwrap_or_default();
        Duration::from_micros(micros).as_secs_f64() * 1000.0
    }
}

impl fmt::Display for Report {
    #[expect(clippy::cast_precision_loss, reason = "they are read by people")]
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
            "events delivered   {delivered}, {per_second:.0} a second"
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
        for fault in self.faults.iter().take(MOST_FAULTS) {
            writeln!(out, "FAULT              {fault}")?;
        }
        if self.faults.is_empty() {
            writeln!(
                out,
                "every event came to each subscriber exactly once, in order"
            )
        } else {
            writeln!(
                out,
                "{} subscribers did not get what they had to",
                self.faults.len()
            )
        }
    }
}
