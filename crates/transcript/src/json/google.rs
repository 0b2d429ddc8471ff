//! The JSON of Google Cloud Speech-to-Text, versions 1 and 2.

use super::{
    entry::{End, Entry, Time, time},
    places::Place,
    value::Value,
};
use crate::TimeUnit;

/// The results: one cue each or, if speakers were told apart, the words of the last one, which has all
/// words again with their speakers. None if these are no such results.
pub(super) fn results<'a>(results: &[Value<'a>]) -> Option<Place<'a>> {
    let mut is_any = false;
    let mut with_speakers = None;
    for result in results {
        let Some(best) = best(*result) else { continue };
        is_any = true;
        if let Some(words) = best.get("words").and_then(Value::items)
            && words.iter().any(has_speaker)
        {
            with_speakers = Some(words);
        }
    }
    let language = results.iter().find_map(|it| it.get("languageCode"));
    let (items, read, are_words): (_, for<'v> fn(Value<'v>) -> Option<Entry<'v>>, _) =
        match with_speakers {
            Some(words) => (words, word, true),
            None => (results.to_vec(), result, false),
        };
    is_any.then(|| Place {
        read,
        are_words,
        language,
        unit: Some(TimeUnit::Seconds),
        ..Place::new(items)
    })
}

/// The best alternative of a result.
fn best(result: Value<'_>) -> Option<Value<'_>> {
    result.get("alternatives")?.items()?.first().copied()
}

/// Whether a word has a speaker. `speakerTag` is 0 where nobody knows.
fn has_speaker(word: &Value<'_>) -> bool {
    let tag = word.get("speakerTag").and_then(Value::number);
    tag.is_some_and(|tag| tag > 0.0) || word.get("speakerLabel").is_some()
}

/// Reads a word. A time of zero is left out, as protocol buffers do.
fn word(value: Value<'_>) -> Option<Entry<'_>> {
    let mut entry = Entry::read(value)?;
    if entry.start == Time::Unknown && entry.end != End::At(Time::Unknown) {
        entry.start = Time::Milliseconds(0.0);
    }
    Some(entry)
}

/// Reads a result. Its start is that of its first word, if words have times.
fn result(value: Value<'_>) -> Option<Entry<'_>> {
    let best = best(value)?;
    let words = best.get("words").and_then(Value::items).unwrap_or_default();
    let first = words.first().copied().and_then(word);
    let last = words.last().copied().and_then(word);
    let end = ["resultEndTime", "resultEndOffset"];
    let end = end.into_iter().find_map(|name| value.get(name));
    let text = best.get("transcript").and_then(Value::string);
    let confidence = best.get("confidence").and_then(Value::number);
    Some(Entry {
        at: value.at(),
        start: first.map_or(Time::Unknown, |it| it.start),
        end: match last {
            Some(last) => last.end,
            None => End::At(end.map_or(Time::Unknown, |end| time(end, false))),
        },
        speaker: None,
        // A result without words is one in which nobody speaks.
        text: text.unwrap_or_default(),
        // 0 stands for one that is not set.
        confidence: confidence.filter(|number| *number > 0.0 && *number <= 1.0),
        odd_confidence: None,
    })
}
