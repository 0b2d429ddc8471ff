//! What two servers cannot have in common is replaced by a name before their answers are compared.
//!
//! | what | replaced by | why it differs |
//! | --- | --- | --- |
//! | a time of writing | the number of the step that wrote it | two servers never read the clock at the same moment |
//! | a time after now, within a day | `<later>` | a lease or token expires so long after it was issued |
//! | a time so many days before one of writing | the days and that time | transcripts from before it are deleted |
//! | a UUID that no request contained | its number in the order of appearance | external ids and lease tokens are random |
//! | a bearer token | `<token>` | it contains when it was issued |
//! | a cursor | what it contains, with the above replaced | a cursor can contain a time of writing |
//!
//! `X-Request-Id`, `Date` and `Content-Length` are not compared: the first is random, the others
//! follow from the clock. An internal error has a random id, but is a failure anyway.

use std::collections::{HashMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use uuid::Uuid;

/// The names for what only one side knows.
#[derive(Default)]
pub struct Labels {
    /// When each step began and ended.
    steps: Vec<(NaiveDateTime, NaiveDateTime)>,
    /// The random UUIDs by their order of appearance.
    random: HashMap<String, usize>,
    /// UUIDs that were sent, which both sides share.
    sent: HashSet<String>,
}

impl Labels {
    /// Notes the UUIDs of a request.
    pub fn sending(&mut self, request: &str) {
        for word in words(request) {
            if is_uuid(word) && !self.random.contains_key(&word.to_ascii_lowercase()) {
                self.sent.insert(word.to_ascii_lowercase());
            }
        }
    }

    /// Notes a step, which has begun at this time and ends now.
    pub fn step(&mut self, began: DateTime<Utc>) {
        self.steps.push((began.naive_utc(), Utc::now().naive_utc()));
    }

    /// An answer with names in place of what differs by nature.
    pub fn replace(&mut self, answer: &str) -> String {
        let mut replaced = String::with_capacity(answer.len());
        let mut rest = answer;
        while let Some(first) = rest.chars().next() {
            if let Some((time, length)) = leading_time(rest) {
                replaced.push_str(&self.time(time).unwrap_or_else(|| rest[..length].to_owned()));
                rest = &rest[length..];
            } else if is_word(first) {
                let end = rest.find(|it| !is_word(it)).unwrap_or(rest.len());
                // A full stop ends a sentence, not a word.
                let length = rest[..end].trim_end_matches('.').len().max(1);
                replaced.push_str(&self.word(&rest[..length]));
                rest = &rest[length..];
            } else {
                replaced.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        replaced
    }

    fn time(&self, time: NaiveDateTime) -> Option<String> {
        let (first, _) = self.steps.first()?;
        let (_, last) = self.steps.last()?;
        // Stored times have microseconds, so a time can seem to be before the step.
        let just_after = time + TimeDelta::microseconds(1);
        // The second change of a row within a millisecond has the time of the next one.
        let just_before = time - TimeDelta::milliseconds(1);
        if just_before > *last && time < *last + TimeDelta::days(1) {
            return Some("<later>".to_owned());
        }
        if just_after < *first {
            return self.days_before(time, *first);
        }
        if just_before > *last {
            return None;
        }
        let mut steps = self.steps.iter();
        let step = steps.position(|(began, ended)| *began <= just_after && just_before <= *ended);
        Some(step.map_or_else(
            || format!("<{time}, between steps>"),
            |step| format!("<time of step {step}>"),
        ))
    }

    /// The name of a time before the first step, if it is whole days before one.
    fn days_before(&self, time: NaiveDateTime, first: NaiveDateTime) -> Option<String> {
        // The step is within a day after the first one.
        let days = (first - time).num_days();
        [days, days + 1].into_iter().find_map(|days| {
            let later = time + TimeDelta::days(days);
            let mut steps = self.steps.iter();
            let step = steps.position(|(began, ended)| (began..=ended).contains(&&later))?;
            Some(format!("<{days} days before the time of step {step}>"))
        })
    }

    fn word(&mut self, word: &str) -> String {
        if is_uuid(word) {
            let known = word.to_ascii_lowercase();
            if self.sent.contains(&known) {
                return word.to_owned();
            }
            let next = self.random.len();
            return format!("<uuid {}>", self.random.entry(known).or_insert(next));
        }
        if word.starts_with("eyJ") && word.contains('.') {
            return "<token>".to_owned();
        }
        let decoded = URL_SAFE_NO_PAD.decode(word).ok();
        match decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(cursor) if cursor.starts_with("[\"") => {
                format!("<cursor {}>", self.replace(&cursor))
            }
            _ => word.to_owned(),
        }
    }
}

/// Characters of base64 for URLs, and the dots in bearer tokens.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it| !is_word(it) || it == '.')
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && Uuid::parse_str(word).is_ok()
}

/// The time that the text begins with, as the API or a cursor writes it, and its length.
fn leading_time(text: &str) -> Option<(NaiveDateTime, usize)> {
    const SECONDS: usize = "2026-05-04T09:30:00".len();
    let start = text.get(..SECONDS)?;
    if !start.as_bytes()[..4].iter().all(u8::is_ascii_digit) || start.as_bytes()[4] != b'-' {
        return None;
    }
    let rest = &text[SECONDS..];
    let decimals = rest.strip_prefix('.').map_or(0, |digits| {
        let end = digits.find(|it: char| !it.is_ascii_digit());
        1 + end.unwrap_or(digits.len())
    });
    let length = SECONDS + decimals;
    let time = text[..length].replace(' ', "T").parse().ok()?;
    let zone = usize::from(text[length..].starts_with('Z'));
    Some((time, length + zone))
}
