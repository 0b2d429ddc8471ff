//! The JSON of speech recognition and of meeting tools.
//!
//! All of them write lists of cues, and differ in the names and the place of the list, in the names
//! of its parts, and in the unit of the times. So there is one reader for a cue ([`entry`]), one for
//! times ([`times`]), and a list of the places ([`places`]). What is not needed is never looked at.

mod azure;
mod entry;
mod google;
mod graph;
mod places;
mod recall;
mod scanner;
mod times;
mod value;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(crate) use self::graph::graph_cue;
use self::{
    entry::{End, Entry, Time},
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
    let most = if place.are_words {
        value::MAX_ITEMS
    } else {
        value::MAX_ITEMS.min(draft.max_cues)
    };
    if place.items.len() > most {
        return Err(ReadError::TooManyCues(most));
    }
    let max_cues = draft.max_cues;
    let read = place.items.iter().filter_map(|item| {
        let entry = entry_of(*item, &place);
        if entry.is_none() {
            draft.pass_over(line_of(item.at()), item.raw(), Reason::Entry);
        }
        entry
    });
    // There are many more words than cues, so they are joined as they are read.
    let entries: Vec<Entry<'_>> = if place.are_words {
        words::sentences(read, max_cues)
    } else {
        read.collect()
    };
    if entries.len() > max_cues {
        return Err(ReadError::TooManyCues(max_cues));
    }
    let is_known = |time: Time| matches!(time, Time::Number(_) | Time::Milliseconds(_));
    let has_time = |entry: &Entry<'_>| {
        // Google gives only the ends of its results, unless it is asked for those of words.
        let end = matches!(entry.end, End::At(end) if is_known(end));
        is_known(entry.start) || end
    };
    if !entries.is_empty() && !entries.iter().any(has_time) {
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
struct LineIndex<'a> {
    content: &'a [u8],
    /// How many lines end before each piece of [`PIECE`] bytes. The ends of all lines would take many
    /// times as much memory as a file of short lines.
    before: Vec<usize>,
}

/// The bytes of a piece.
const PIECE: usize = 1024;

impl<'a> LineIndex<'a> {
    fn new(content: &'a str) -> Self {
        let content = content.as_bytes();
        let before = content.chunks(PIECE).scan(0, |lines, piece| {
            let before = *lines;
            *lines += ends(piece);
            Some(before)
        });
        let before = before.collect();
        Self { content, before }
    }

    /// The line of a byte, from 1.
    fn line_of(&self, at: usize) -> usize {
        let piece = at / PIECE;
        let before = self.before.get(piece).copied().unwrap_or_default();
        let rest = self.content.get(piece * PIECE..at).unwrap_or_default();
        1 + before + ends(rest)
    }
}

/// How many lines end in some bytes.
fn ends(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}
