//! Those who append: one a session, as its recorder does.

use std::{sync::atomic::Ordering, time::Duration};

use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::time::{Instant, interval_at};

use super::{Timeline, api::Api};

/// How a segment reads after its number, which is as long as a sentence.
const SENTENCE: &str = "is what somebody said in a meeting that is going on at this moment";

/// How fast segments are appended.
pub struct Pace {
    sessions: u32,
    batch: u32,
    /// The calls for each session.
    calls: u32,
    /// The time between two calls for one session.
    interval: Duration,
}

impl Pace {
    /// So many segments a second to all sessions together.
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

/// A segment as it is sent. Its number comes back with its text.
pub fn segment(number: u32) -> Value {
    json!({
        "text": format!("{number} {SENTENCE}"),
        "startMs": number * 100,
        "endMs": number * 100 + 90,
        "speaker": "somebody",
    })
}

/// Appends to one session. Segment 0 is there before; the one behind the last tells the
/// subscribers that there will be no more, so that they see if the last comes twice.
///
/// # Errors
///
/// Fails if the server refuses.
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
