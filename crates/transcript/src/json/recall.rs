//! The JSON of recall.ai: what each participant says, word by word.

use super::{
    entry::{self, End, Entry, Time},
    places::Place,
    value::Value,
};
use crate::TimeUnit;

/// The words of all utterances, with their speakers. None if these are no such utterances.
pub(super) fn utterances<'a>(items: &[Value<'a>]) -> Option<Place<'a>> {
    let first = items.first()?.get("words")?.items()?;
    if !first.is_empty() && first.first()?.get("start_timestamp").is_none() {
        return None;
    }
    let mut place = Place::new(Vec::new());
    for item in items {
        // What has no words is reported as an item that cannot be read.
        let Some(words) = item.get("words").and_then(Value::items) else {
            place.items.push(*item);
            continue;
        };
        let name = item.get("participant").or_else(|| item.get("speaker"));
        if let Some(speaker) = name.and_then(entry::speaker) {
            let range = item.at()..item.at() + item.raw().len();
            place.speakers.push((range, speaker));
        }
        place.language = place.language.or(item.get("language"));
        place.items.extend(words);
    }
    Some(Place {
        read: word,
        are_words: true,
        unit: Some(TimeUnit::Seconds),
        ..place
    })
}

/// Reads a word. Its times are seconds, or objects that have seconds and a date.
fn word(value: Value<'_>) -> Option<Entry<'_>> {
    let time = |name: &str| {
        let Some(time) = value.get(name) else {
            return Time::Unknown;
        };
        entry::time(time.get("relative").unwrap_or(time), false)
    };
    Some(Entry {
        start: time("start_timestamp"),
        end: End::At(time("end_timestamp")),
        ..Entry::read(value)?
    })
}
