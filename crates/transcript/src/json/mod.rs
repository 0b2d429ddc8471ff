//! The JSON of speech recognition and of meeting tools.
//!
//! All of them write lists of cues, and differ in the names and the place of the list, in the names
//! of its parts, and in the unit of the times. So there is one reader for a cue ([`entry`]), one for
//! times ([`times`]), and a list of the places ([`places`]). What is not needed is never looked at.

mod entry;
mod graph;
mod places;
mod scanner;
mod times;
mod value;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(crate) use self::graph::graph_cue;
use self::{
    entry::{Entry, Time},
    places::Place,
    value::Value,
};
use crate::{
    Draft, Reason, TimeUnit,
    error::{LineError, ReadError},
};

/// Reads a JSON transcript, whose times have the unit that is `given`, if any, into an empty draft.
///
/// # Errors
/// Where it is not JSON, or if there is no list of cues with times.
pub(crate) fn read(
    content: &str,
    given: Option<TimeUnit>,
    mut draft: Draft,
) -> Result<Draft, ReadError> {
    let values = value::parse(content)?;
    let place = places::find(&values).ok_or_else(|| no_list(&values))?;
    let index = LineIndex::new(content);
    let line_of = |at| index.line_of(at);
    if let Some(language) = place.language.and_then(Value::string) {
        let line = place.language.map_or(1, |value| line_of(value.at()));
        draft.name_language(line, &language);
    }
    let mut entries = Vec::with_capacity(place.items.len());
    for item in &place.items {
        match entry_of(*item, &place) {
            Some(entry) => entries.push(entry),
            None => draft.pass_over(line_of(item.at()), item.raw(), Reason::Entry),
        }
    }
    if place.are_words {
        entries = words::sentences(entries);
    }
    let has_start =
        |entry: &Entry<'_>| matches!(entry.start, Time::Number(_) | Time::Milliseconds(_));
    if !entries.is_empty() && !entries.iter().any(has_start) {
        let message = "expected times in the list of cues that begins here".to_owned();
        let line = line_of(entries[0].at);
        let error = LineError::Json { message, column: 1 };
        return Err(ReadError::Malformed { line, error });
    }
    let line = entries.first().map_or(1, |first| line_of(first.at));
    let unit = times::unit(&mut draft, &entries, line, given.or(place.unit));
    times::push_cues(&mut draft, &entries, unit, place.duration_ms, line_of);
    Ok(draft)
}

/// Reads one item of the list.
fn entry_of<'p>(item: Value<'p>, place: &'p Place<'_>) -> Option<Entry<'p>> {
    let mut entry: Entry<'p> = (place.read)(item)?;
    if entry.speaker.is_none() {
        let after = place
            .speakers
            .partition_point(|(part, _)| part.start <= item.at());
        let last = after.checked_sub(1).map(|last| &place.speakers[last]);
        let speaker = last.filter(|(part, _)| part.contains(&item.at()));
        // Not decoded for each item: a name with escapes would be in memory for each of them.
        entry.speaker = speaker.map(|(_, name)| Cow::Borrowed(&**name));
    }
    Some(entry)
}

/// The error for JSON without a list of cues.
fn no_list(values: &[Value<'_>]) -> ReadError {
    let has_text = values.iter().any(|value| value.get("text").is_some());
    let message = if has_text {
        "expected a list of cues with times, such as `segments`; there is only a text"
    } else {
        "expected a list of cues with times, such as `segments`"
    };
    let message = message.to_owned();
    let error = LineError::Json { message, column: 1 };
    ReadError::Malformed { line: 1, error }
}

/// The lines of a file, to find the line of a byte.
struct LineIndex {
    /// Where each line ends.
    ends: Vec<usize>,
}

impl LineIndex {
    fn new(content: &str) -> Self {
        let ends = content.match_indices('\n').map(|(at, _)| at).collect();
        Self { ends }
    }

    /// The line of a byte, from 1.
    fn line_of(&self, at: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < at)
    }
}
