//! What the server does not do because it is busy: counted, and logged from time to time.
//!
//! A line for each rejected request would fill the log just when the server has least time for it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use metrics::counter;
use tokio::time::sleep;
use tracing::warn;

use super::metrics::SHED;

/// How often a line is logged at most.
const INTERVAL: Duration = Duration::from_secs(10);

/// What was shed, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    /// A request, because too many others were being answered.
    Overloaded,
    /// A request over a rate limit.
    RateLimited,
    /// A request whose body found no room.
    Bodies,
    /// A connection of an address that had too many.
    Connections,
    /// A connection that waited for its client, to make room for another.
    Waiting,
    /// A WebSocket or an event stream beyond the limits on their number.
    Streams,
    /// An answer that its client did not read.
    Unread,
}

const ALL: [Shed; 7] = [
    Shed::Overloaded,
    Shed::RateLimited,
    Shed::Bodies,
    Shed::Connections,
    Shed::Waiting,
    Shed::Streams,
    Shed::Unread,
];

/// The counts that the log reads. The recorder of metrics belongs to the whole process, too, but its
/// counters cannot be read.
static COUNTS: [AtomicU64; ALL.len()] = [const { AtomicU64::new(0) }; ALL.len()];

impl Shed {
    /// Counts once.
    pub fn count(self) {
        self.count_many(1);
    }

    /// Counts several at once.
    pub fn count_many(self, many: u64) {
        COUNTS[self as usize].fetch_add(many, Ordering::Relaxed);
        counter!(SHED, "reason" => self.name()).increment(many);
    }

    /// Its name in metrics.
    fn name(self) -> &'static str {
        match self {
            Self::Overloaded => "overloaded",
            Self::RateLimited => "rate_limited",
            Self::Bodies => "bodies",
            Self::Connections => "connections",
            Self::Waiting => "waiting",
            Self::Streams => "streams",
            Self::Unread => "unread",
        }
    }

    /// Makes all counters appear in the metrics.
    pub fn begin_at_zero() {
        for shed in ALL {
            counter!(SHED, "reason" => shed.name()).absolute(0);
        }
    }
}

/// Logs what was shed, once in a while, as long as something is.
pub async fn log_what_is_shed() -> std::convert::Infallible {
    let mut before = [0; ALL.len()];
    loop {
        sleep(INTERVAL).await;
        log_since(&mut before);
    }
}

fn log_since(before: &mut [u64; ALL.len()]) {
    let now = ALL.map(|shed| COUNTS[shed as usize].load(Ordering::Relaxed));
    if now == *before {
        return;
    }
    let since = |shed: Shed| now[shed as usize] - before[shed as usize];
    warn!(
        overloaded = since(Shed::Overloaded),
        rate_limited = since(Shed::RateLimited),
        bodies = since(Shed::Bodies),
        connections = since(Shed::Connections),
        waiting = since(Shed::Waiting),
        streams = since(Shed::Streams),
        unread = since(Shed::Unread),
        "shed in the last {} seconds",
        INTERVAL.as_secs()
    );
    *before = now;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_is_shed_is_logged_in_one_line() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(Arc::new(std::fs::File::create(&log).unwrap()))
            .finish();
        // Other tests count too, so only lower bounds are certain.
        tracing::subscriber::with_default(subscriber, || {
            let mut before = ALL.map(|shed| COUNTS[shed as usize].load(Ordering::Relaxed));
            Shed::Streams.count_many(40_000);
            Shed::Bodies.count();
            log_since(&mut before);
            assert!(before[Shed::Streams as usize] >= 40_000);
        });
        let log = std::fs::read_to_string(log).unwrap();
        let lines: Vec<&str> = log.lines().collect();
        let [line] = lines[..] else {
            panic!("not one line: {log}");
        };
        assert!(line.contains("WARN") && line.contains("shed in the last 10 seconds"));
        assert!(
            line.contains("streams=400") && line.contains("bodies="),
            "{line}"
        );
    }
}
