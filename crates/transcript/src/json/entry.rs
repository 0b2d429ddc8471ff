//! One cue in a JSON list, under the names that the tools have for its parts.

use std::borrow::Cow;

use super::value::Value;
use crate::{cue::beginning_of_name, timestamp::parse_time};

/// The names of the words.
const TEXT: [&str; 7] = [
    "text",
    "transcript",
    "sentence",
    "punctuated_word",
    "word",
    "content",
    "value",
];

/// The names of the start, and whether it is in milliseconds for sure.
const START: [(&str, bool); 12] = [
    ("start", false),
    ("start_time", false),
    ("startTime", false),
    ("startOffset", false),
    ("start_ms", true),
    ("startMs", true),
    ("tStartMs", true),
    ("offsetMilliseconds", true),
    ("begin", false),
    ("from", false),
    ("ts", false),
    ("offset", false),
];

/// The names of the end.
const END: [(&str, bool); 9] = [
    ("end", false),
    ("end_time", false),
    ("endTime", false),
    ("endOffset", false),
    ("end_ms", true),
    ("endMs", true),
    ("stop", false),
    ("to", false),
    ("end_ts", false),
];

/// The names of the duration.
const DURATION: [(&str, bool); 5] = [
    ("duration", false),
    ("dur", false),
    ("duration_ms", true),
    ("dDurationMs", true),
    ("durationMilliseconds", true),
];

/// The names of the speaker: names before numbers.
const SPEAKER: [&str; 9] = [
    "speakerDisplayName",
    "speakerName",
    "speaker_name",
    "speaker",
    "speaker_label",
    "speakerLabel",
    "speaker_id",
    "speakerId",
    "speakerTag",
];

/// A time in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Time {
    /// There is none, or it is `null`.
    Unknown,
    /// There is something that is not a time.
    Unreadable,
    /// A number whose unit is that of the list.
    Number(f64),
    /// Milliseconds.
    Milliseconds(f64),
}

/// A cue as the file has it.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    /// Where it begins in the file, in bytes.
    pub(crate) at: usize,
    /// Its start.
    pub(crate) start: Time,
    /// Its end, or how long it takes.
    pub(crate) end: End,
    /// Its speaker.
    pub(crate) speaker: Option<Cow<'a, str>>,
    /// Its words.
    pub(crate) text: Cow<'a, str>,
    /// How sure the recognition was.
    pub(crate) confidence: Option<f64>,
    /// A confidence that is not from 0 to 1, as the file has it.
    pub(crate) odd_confidence: Option<&'a str>,
}

/// The end of a cue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    /// When it ends.
    At(Time),
    /// How long it takes.
    After(Time),
}

impl<'a> Entry<'a> {
    /// Reads an object. Returns `None` if it does not have a text.
    ///
    /// A `confidence` is taken as it is. Without one, it is calculated from `avg_logprob`, the mean
    /// of the natural logarithms of the tokens' probabilities: the exponential function makes that
    /// the geometric mean of the probabilities.
    pub(crate) fn read(value: Value<'a>) -> Option<Self> {
        let members = value.members()?;
        let get = |name: &str| {
            let mut found = members.iter().rev().filter(|(key, _)| key == name);
            found.next().map(|(_, value)| *value)
        };
        let text = TEXT.into_iter().find_map(|name| get(name)?.string())?;
        let time = |names: &[(&str, bool)]| {
            let mut times = names
                .iter()
                .filter_map(|(name, is_ms)| Some(time(get(name)?, *is_ms)));
            let first = times.next();
            let known = |time: &Time| *time != Time::Unknown;
            first.filter(known).or_else(|| times.find(known))
        };
        let (start, end) = span(get).unwrap_or_else(|| {
            let start = time(&START).unwrap_or(Time::Unknown);
            let end = match (time(&END), time(&DURATION)) {
                (Some(end), _) => End::At(end),
                (None, Some(duration)) => End::After(duration),
                (None, None) => End::At(Time::Unknown),
            };
            (start, end)
        });
        let confidence = get("confidence").filter(|value| !value.is_null());
        let odd_confidence = confidence
            .filter(|value| {
                !value
                    .number()
                    .is_some_and(|number| (0.0..=1.0).contains(&number))
            })
            .map(Value::raw);
        let confidence = match odd_confidence {
            Some(_) => None,
            None => confidence.and_then(Value::number),
        };
        let mean = get("avg_logprob").and_then(Value::number);
        let mean = mean.filter(|mean| !mean.is_nan());
        Some(Self {
            at: value.at(),
            start,
            end,
            speaker: SPEAKER.into_iter().find_map(|name| speaker(get(name)?)),
            text,
            confidence: confidence.or(mean.map(|mean| mean.exp().min(1.0))),
            odd_confidence,
        })
    }
}

/// The times that are in a member of their own: the `offsets` of whisper.cpp, in milliseconds, and
/// the `timestamp` of Transformers, in seconds.
fn span<'a>(get: impl Fn(&str) -> Option<Value<'a>>) -> Option<(Time, End)> {
    if let Some(offsets) = get("offsets") {
        let from = time(offsets.get("from")?, true);
        let to = offsets.get("to").map_or(Time::Unknown, |to| time(to, true));
        return Some((from, End::At(to)));
    }
    let pair = get("timestamp")?.items()?;
    let at = |index: usize| {
        pair.get(index)
            .map_or(Time::Unknown, |value| time(*value, false))
    };
    Some((at(0), End::At(at(1))))
}

/// Reads a time: a number, or a text such as `1.5`, `1.5s` or `00:00:01.5`.
pub(super) fn time(value: Value<'_>, is_ms: bool) -> Time {
    if value.is_null() {
        return Time::Unknown;
    }
    if let Some(number) = value.number() {
        return if is_ms {
            Time::Milliseconds(number)
        } else {
            Time::Number(number)
        };
    }
    let Some(text) = value.string() else {
        return Time::Unreadable;
    };
    let text = text.trim();
    if let Some(milliseconds) = parse_time(text) {
        #[expect(clippy::cast_precision_loss, reason = "all times that fit are exact")]
        return Time::Milliseconds(milliseconds as f64);
    }
    let seconds = text.strip_suffix('s').unwrap_or(text);
    match seconds.parse::<f64>() {
        Ok(number) if number.is_nan() => Time::Unknown,
        Ok(number) if seconds.len() < text.len() => Time::Milliseconds(number * 1000.0),
        Ok(number) if is_ms => Time::Milliseconds(number),
        Ok(number) => Time::Number(number),
        Err(_) => Time::Unreadable,
    }
}

/// Reads a speaker: a name, a number, or an object with a name.
pub(crate) fn speaker(value: Value<'_>) -> Option<Cow<'_, str>> {
    if let Some(name) = value.string() {
        return (!name.trim().is_empty()).then(|| beginning(name));
    }
    if value.is_null() {
        return None;
    }
    if value.number().is_some() {
        return Some(Cow::Borrowed(value.raw()));
    }
    value.get("name").and_then(Value::string).map(beginning)
}

/// What is read of a name.
fn beginning(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(beginning_of_name(name)),
        Cow::Owned(name) => Cow::Owned(beginning_of_name(&name).to_owned()),
    }
}
