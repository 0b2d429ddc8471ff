//! Where the tools keep their lists of cues.

use std::{borrow::Cow, ops::Range};

use super::{
    azure,
    entry::{self, End, Entry, Time},
    google, recall,
    value::{MAX_ITEMS, Value},
};
use crate::TimeUnit;

/// The names of lists, those of larger pieces of speech first: of Whisper and many tools around it,
/// `AssemblyAI`, Fireflies, Transformers, whisper.cpp, Teams and Stream, and libraries for `YouTube`.
const LISTS: [&str; 12] = [
    "segments",
    "utterances",
    "sentences",
    "chunks",
    "transcription",
    "entries",
    "snippets",
    "transcript",
    "captions",
    "subtitles",
    "paragraphs",
    "phrases",
];

/// The names of lists of words.
const WORDS: [&str; 2] = ["words", "word_segments"];

/// The names of objects in which a transcript can be packed.
const WRAPPERS: [&str; 7] = [
    "results",
    "result",
    "data",
    "transcript",
    "transcription",
    "output",
    "response",
];

/// The names of the language.
const LANGUAGE: [&str; 5] = [
    "language",
    "language_code",
    "languageCode",
    "detected_language",
    "lang",
];

/// A list of cues in a file.
pub(crate) struct Place<'a> {
    /// The cues.
    pub(crate) items: Vec<Value<'a>>,
    /// Reads one of them.
    pub(crate) read: for<'v> fn(Value<'v>) -> Option<Entry<'v>>,
    /// The speakers of cues that do not name one themselves, by the part of the file where they are.
    pub(crate) speakers: Vec<(Range<usize>, Cow<'a, str>)>,
    /// Whether these are single words.
    pub(crate) are_words: bool,
    /// The unit of the times, where it is known.
    pub(crate) unit: Option<TimeUnit>,
    /// The language of the file.
    pub(crate) language: Option<Value<'a>>,
    /// The length of the recording.
    pub(crate) duration_ms: Option<f64>,
}

impl<'a> Place<'a> {
    pub(super) fn new(items: Vec<Value<'a>>) -> Self {
        Self {
            items,
            read: cue,
            speakers: Vec::new(),
            are_words: false,
            unit: None,
            language: None,
            duration_ms: None,
        }
    }
}

/// Finds the cues of a file.
pub(crate) fn find<'a>(values: &[Value<'a>]) -> Option<Place<'a>> {
    match values {
        [value] => match value.items() {
            // Some tools put their only object into a list.
            Some(items) => match *items {
                [only] if Entry::read(only).is_none() => find_in(only, 0),
                _ => None,
            }
            .or_else(|| recall::utterances(&items))
            .or(Some(Place::new(items))),
            None => find_in(*value, 0).or_else(|| {
                let entry = Entry::read(*value)?;
                (entry.start != Time::Unknown).then(|| Place::new(vec![*value]))
            }),
        },
        _ => Some(Place::new(values.to_vec())),
    }
}

/// Finds the cues in an object, or in one that it packs up.
fn find_in(object: Value<'_>, depth: usize) -> Option<Place<'_>> {
    // A look-up in the object itself would go through the whole file each time.
    let members = object.members()?;
    let get = |name: &str| {
        let mut found = members.iter().rev().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| *value)
    };
    let list = |name: &str| get(name)?.items();
    let filled = |name: &&str| list(name).is_some_and(|items| !items.is_empty());
    let named = LISTS.iter().find(|name| filled(name));
    let mut place = if let Some(items) = named.and_then(|name| list(name)) {
        Place::new(items)
    } else if let Some(phrases) = list("recognizedPhrases") {
        azure::phrases(phrases)
    } else if let Some(place) = list("results").and_then(|results| google::results(&results)) {
        place
    } else if let Some(monologues) = list("monologues") {
        Place {
            read: monologue,
            ..Place::new(monologues)
        }
    } else if let Some(events) = list("events") {
        Place {
            read: event,
            ..Place::new(events)
        }
    } else if let Some(channels) = list("channels") {
        deepgram(&channels)
    } else if let Some(segments) = list("audio_segments") {
        Place::new(segments)
    } else if let Some(items) = list("items") {
        Place {
            read: item,
            are_words: true,
            ..Place::new(items)
        }
    } else if let Some(words) = WORDS.iter().find_map(|name| list(name)) {
        Place {
            are_words: true,
            ..Place::new(words)
        }
    } else if let Some(inner) = wrapped(get, depth) {
        inner
    } else {
        // An empty list is a transcript in which nobody speaks.
        Place::new(LISTS.iter().find_map(|name| list(name))?)
    };
    let language = LANGUAGE.iter().filter_map(|name| get(name));
    let result = get("result").and_then(|result| result.get("language"));
    let mut languages = language.chain(result).filter(|value| !value.is_null());
    place.language = languages.next().or(place.language);
    let seconds = |name: &str| get(name)?.number();
    // Both are in seconds, whatever the unit of the cues is.
    let duration = seconds("duration").or_else(|| seconds("audio_duration"));
    place.duration_ms = duration
        .map(|seconds| seconds * 1000.0)
        .or(place.duration_ms);
    let unit = get("unit").and_then(Value::string);
    place.unit = match unit.as_deref() {
        Some("seconds" | "s") => Some(TimeUnit::Seconds),
        Some("milliseconds" | "ms") => Some(TimeUnit::Milliseconds),
        _ => place.unit,
    };
    if get("audio_duration").is_some() || get("acoustic_model").is_some() {
        // Only AssemblyAI has these.
        place.unit = Some(TimeUnit::Milliseconds);
    }
    Some(place)
}

/// Finds the cues in an object that this one packs up.
fn wrapped<'a>(get: impl Fn(&str) -> Option<Value<'a>>, depth: usize) -> Option<Place<'a>> {
    if depth == 4 {
        return None;
    }
    let inner = |name: &&str| find_in(get(name)?, depth + 1);
    WRAPPERS.iter().find_map(inner)
}

/// The sentences of Deepgram's channels or, without those, the words.
fn deepgram<'a>(channels: &[Value<'a>]) -> Place<'a> {
    let mut place = Place::new(Vec::new());
    place.unit = Some(TimeUnit::Seconds);
    let mut words = Vec::new();
    for channel in channels {
        if words.len().max(place.items.len()) > MAX_ITEMS {
            break;
        }
        place.language = place.language.or(channel.get("detected_language"));
        let alternatives = channel.get("alternatives").and_then(Value::items);
        let Some(best) = alternatives.and_then(|list| list.first().copied()) else {
            continue;
        };
        let list = |value: Value<'a>, name: &str| value.get(name).and_then(Value::items);
        words.extend(list(best, "words").unwrap_or_default());
        let paragraphs = best.get("paragraphs").and_then(|it| list(it, "paragraphs"));
        for paragraph in paragraphs.unwrap_or_default() {
            let range = paragraph.at()..paragraph.at() + paragraph.raw().len();
            if let Some(speaker) = paragraph.get("speaker").and_then(entry::speaker) {
                place.speakers.push((range, speaker));
            }
            place
                .items
                .extend(list(paragraph, "sentences").unwrap_or_default());
        }
    }
    if place.items.is_empty() {
        place.items = words;
        place.are_words = true;
    }
    place
}

/// Reads a cue that is an object.
fn cue(value: Value<'_>) -> Option<Entry<'_>> {
    Entry::read(value)
}

/// Reads a monologue of Rev, whose words and punctuation are elements.
fn monologue(value: Value<'_>) -> Option<Entry<'_>> {
    let elements = value.get("elements")?.items()?;
    let mut text = String::new();
    let mut times = Vec::new();
    for element in &elements {
        text.push_str(&element.get("value")?.string()?);
        let time = |name: &str| element.get(name).and_then(Value::number);
        times.extend(time("ts").zip(time("end_ts")));
    }
    let start = times
        .first()
        .map_or(Time::Unknown, |(start, _)| Time::Number(*start));
    let end = times
        .last()
        .map_or(Time::Unknown, |(_, end)| Time::Number(*end));
    Some(Entry {
        at: value.at(),
        start,
        end: End::At(end),
        speaker: value.get("speaker").and_then(entry::speaker),
        text: Cow::Owned(text),
        confidence: None,
        odd_confidence: None,
    })
}

/// Reads an event of `YouTube` in its format `json3`, whose words are segments.
fn event(value: Value<'_>) -> Option<Entry<'_>> {
    let mut text = String::new();
    // Events without segments only open a window on the screen.
    for segment in value.get("segs").and_then(Value::items).unwrap_or_default() {
        text.push_str(&segment.get("utf8")?.string()?);
    }
    let time = |name: &str| {
        let number = value.get(name).and_then(Value::number);
        number.map_or(Time::Unknown, Time::Milliseconds)
    };
    Some(Entry {
        at: value.at(),
        start: time("tStartMs"),
        end: End::After(time("dDurationMs")),
        speaker: None,
        text: Cow::Owned(text),
        confidence: None,
        odd_confidence: None,
    })
}

/// Reads an item of Amazon Transcribe, whose word is in the best alternative.
fn item(value: Value<'_>) -> Option<Entry<'_>> {
    let alternatives = value.get("alternatives")?.items()?;
    let content = alternatives.first()?.get("content")?.string()?;
    let time = |name: &str| {
        let seconds = value.get(name).and_then(Value::string);
        let seconds = seconds.and_then(|text| text.parse().ok());
        seconds.map_or(Time::Unknown, Time::Number)
    };
    Some(Entry {
        at: value.at(),
        start: time("start_time"),
        end: End::At(time("end_time")),
        speaker: value.get("speaker_label").and_then(entry::speaker),
        text: content,
        confidence: None,
        odd_confidence: None,
    })
}
