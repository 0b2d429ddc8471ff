//! Writers that append segments, one for each session.

use std::{sync::atomic::Ordering, time::Duration};

use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::time::{Instant, interval_at};

use super::{Timeline, api::Api};

/// The text of a segment after its number, about as long as a sentence.
const SENTENCE: &str = "is what somebody said in a meeting that is going on at this moment";

/// How fast segments are appended.
pub struct Pace {
    sessions: u32,
    batch: u32,
    /// The number of calls for each session.
    calls: u32,
    /// The time between two calls for the same session.
    interval: Duration,
}

impl Pace {
    /// A pace of `rate` segments per second, for all sessions together.
    pub fn new(rate: f64, sessions: usize, batch: u32, seconds: u32) -> Self {
        let sessions = u32::try_from(sessions).unwrap_or(u32::MAX);
        let interval = f64::from(batch) * f64::from(sessions) / rate;
        let seconds = Duration::from_secs(seconds.into());
        let interval = Duration::from_secs_f64(interval);
        let calls = seconds.as_micros() / interval.as_micros().max(1);
        Self {
            sessions,
            batch,
            calls: u32::try_from(calls).unwrap_or(u32::MAX).max(1),
            interval,
        }
    }

    /// How many segments each session gets.
    pub fn segments(&self) -> u32 {
        self.calls * self.batch
    }
}

/// The input of a segment. Its text begins with its number, by which a subscriber recognizes it.
pub fn segment(number: u32) -> Value {
    json!({
        "text": format!("{number} {SENTENCE}"),
        "startMs": number * 100,
        "endMs": number * 100 + 90,
        "speaker": "somebody",
    })
}

/// Appends to one session. Segment 0 already exists. One extra segment after the last marks the end,
/// so that a subscriber notices if the last one arrives twice.
///
/// # Errors
///
/// Fails if the server rejects a request.
pub async fn write(
    api: &Api,
    session_id: &str,
    row: usize,
    timeline: &Timeline,
    pace: &Pace,
) -> Result<(), Failed> {
    // Sessions take turns.
    let turn = u32::try_from(row)? % pace.sessions;
    let first = Instant::now() + pace.interval * turn / pace.sessions;
    let mut interval = interval_at(first, pace.interval);
    let mut number = 1;
    for _ in 0..pace.calls {
        interval.tick().await;
        let numbers = number..number + pace.batch;
        let now = timeline.now();
        for number in numbers.clone() {
            timeline.sent[row][number as usize - 1].store(now, Ordering::Relaxed);
        }
        number = numbers.end;
        api.append(session_id, numbers).await?;
    }
    api.append(session_id, [number]).await
}
