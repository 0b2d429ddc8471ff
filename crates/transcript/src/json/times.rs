//! The times of the cues in JSON: their unit, and what is missing.

use super::entry::{End, Entry, Time};
use crate::{Draft, Reason, Repair, TimeUnit};

/// Fewer characters a second than this are not speech, even in Chinese and with long pauses within
/// the cues. A list in milliseconds has about 0.015 if its times are taken for seconds.
const SLOWEST_SPEECH: f64 = 0.06;

/// Gaps between cues are not speech, so that a silent meeting is none of slow speech. Where the ends
/// are not known, everything up to the next start counts.
struct Pace {
    /// How many characters are spoken.
    characters: f64,
    /// How long that takes, in the unit of the file.
    duration: f64,
    /// The latest time.
    latest: f64,
    /// Whether all times are whole numbers.
    is_whole: bool,
}

impl Pace {
    fn new(entries: &[Entry<'_>]) -> Self {
        let mut pace = Self {
            characters: 0.0,
            duration: 0.0,
            latest: 0.0,
            is_whole: true,
        };
        for (index, entry) in entries.iter().enumerate() {
            let Time::Number(start) = entry.start else {
                continue;
            };
            let next = entries.get(index + 1).map(|next| next.start);
            let (duration, end) = match (entry.end, next) {
                (End::At(Time::Number(end)), _) | (End::At(_), Some(Time::Number(end))) => {
                    (end - start, end)
                }
                (End::After(Time::Number(duration)), _) => (duration, start + duration),
                _ => (0.0, start),
            };
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let characters = entry.text.trim().chars().count() as f64;
            pace.characters += characters;
            pace.duration += duration.max(0.0);
            pace.latest = pace.latest.max(end);
            pace.is_whole &= start.fract() == 0.0 && end.fract() == 0.0;
        }
        pace
    }

    /// Whether nobody speaks that slowly.
    fn is_too_slow(&self) -> bool {
        self.characters < self.duration * SLOWEST_SPEECH
    }
}

/// Decides how many milliseconds a number stands for, and says so where there is any doubt.
pub(crate) fn unit(
    draft: &mut Draft,
    entries: &[Entry<'_>],
    line: usize,
    given: Option<TimeUnit>,
) -> f64 {
    let pace = Pace::new(entries);
    match given {
        Some(TimeUnit::Milliseconds) => return 1.0,
        Some(TimeUnit::Seconds) => return 1000.0,
        None => {}
    }
    if !pace.is_too_slow() {
        return 1000.0;
    }
    let latest = milliseconds(pace.latest * 1000.0).unwrap_or(i32::MAX);
    if pace.is_whole {
        let words = entries
            .iter()
            .map(|entry| entry.text.split_whitespace().count());
        let words = format!("{} words", words.sum::<usize>());
        let seconds_ms = latest;
        draft.repair(line, Repair::Milliseconds { words, seconds_ms });
        return 1.0;
    }
    draft.repair(line, Repair::LongSilence(latest));
    1000.0
}

/// Makes cues of the entries, in which a number stands for `unit` milliseconds.
///
/// An end that is not known is the start of the next entry, or the end of the recording.
pub(crate) fn push_cues(
    draft: &mut Draft,
    entries: &[Entry<'_>],
    unit: f64,
    recording_ms: Option<f64>,
    line_of: impl Fn(usize) -> usize,
) {
    let mut previous_end = 0;
    for (index, entry) in entries.iter().enumerate() {
        if entry.text.trim().is_empty() {
            continue;
        }
        let line = line_of(entry.at);
        if let Some(odd) = entry.odd_confidence {
            draft.pass_over(line, odd, Reason::Confidence);
        }
        let in_ms = |time: Time| match time {
            Time::Number(number) => Some(number * unit),
            Time::Milliseconds(number) => Some(number),
            Time::Unknown | Time::Unreadable => None,
        };
        let start = match in_ms(entry.start).map(milliseconds) {
            Some(None) => {
                draft.pass_over(line, &entry.text, Reason::TooLate);
                continue;
            }
            Some(Some(start)) if start < 0 => {
                draft.repair(line, Repair::NegativeStart);
                0
            }
            Some(Some(start)) => start,
            None => {
                draft.repair(line, Repair::Start);
                previous_end
            }
        };
        let end = match entry.end {
            End::At(Time::Unknown) | End::After(Time::Unknown) => {
                let next = entries.get(index + 1).and_then(|next| in_ms(next.start));
                let end = next.or(recording_ms).and_then(milliseconds);
                Some(end.unwrap_or(start))
            }
            End::At(time) => in_ms(time).and_then(milliseconds),
            End::After(time) => in_ms(time).and_then(|time| milliseconds(f64::from(start) + time)),
        };
        if end.is_none() {
            draft.repair(line, Repair::End);
        }
        let end = end.unwrap_or(start).max(start);
        let speaker = entry.speaker.as_deref();
        draft.push(line, (start, end), speaker, &entry.text, entry.confidence);
        previous_end = end;
    }
}

/// Rounds to a whole millisecond, if that fits into 32 bits. All negative times are -1.
fn milliseconds(number: f64) -> Option<i32> {
    let rounded = number.round().max(-1.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number in the range of i32, as checked"
    )]
    (rounded <= f64::from(i32::MAX)).then_some(rounded as i32)
}
