//! How requests of one kind were answered.

use std::time::Duration;

/// Latencies, and what went wrong.
#[derive(Default)]
pub struct Samples {
    latencies: Vec<Duration>,
    /// Requests that were rejected because there were too many.
    pub refused: usize,
    /// Requests that failed otherwise, or were not answered in time.
    pub failed: usize,
    /// The first thing that went wrong.
    pub fault: Option<String>,
}

/// How one request ended.
pub enum Ended {
    /// It was executed.
    Answered(Duration),
    /// It was rejected because there were too many.
    Refused(String),
    /// It failed otherwise, or was not answered in time.
    Failed(String),
}

impl Samples {
    /// Adds one request.
    pub fn add(&mut self, ended: Ended) {
        let fault = match ended {
            Ended::Answered(latency) => {
                let place = self.latencies.partition_point(|other| *other < latency);
                return self.latencies.insert(place, latency);
            }
            Ended::Refused(fault) => {
                self.refused += 1;
                fault
            }
            Ended::Failed(fault) => {
                self.failed += 1;
                fault
            }
        };
        self.fault.get_or_insert(fault);
    }

    /// The number of requests that were executed.
    pub fn answered(&self) -> usize {
        self.latencies.len()
    }

    /// Whether every request was executed.
    pub fn all_answered(&self) -> bool {
        self.refused + self.failed == 0
    }

    /// This percentile of the latencies, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.latencies.len() * percent).div_ceil(100);
        let latency = self
            .latencies
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        latency.as_secs_f64() * 1000.0
    }
}
