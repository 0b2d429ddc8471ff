//! The JSON of Azure Speech: batch transcription. That of its fast transcription is read like most
//! lists.

use super::{
    entry::{self, End, Entry, Time},
    places::Place,
    value::Value,
};

/// A tick is a ten-millionth of a second.
const TICKS_PER_MILLISECOND: f64 = 10_000.0;

/// The phrases of all channels.
pub(super) fn phrases(phrases: Vec<Value<'_>>) -> Place<'_> {
    Place {
        read: phrase,
        ..Place::new(phrases)
    }
}

/// Reads a phrase, whose words are in the best of its alternatives.
fn phrase(value: Value<'_>) -> Option<Entry<'_>> {
    let ticks = |name: &str| {
        let number = value.get(name).and_then(Value::number);
        number.map_or(Time::Unknown, |ticks| {
            Time::Milliseconds(ticks / TICKS_PER_MILLISECOND)
        })
    };
    let status = value.get("recognitionStatus").and_then(Value::string);
    let best = value.get("nBest").and_then(Value::items);
    let best = best.and_then(|list| list.first().copied());
    let text = match (best, status.as_deref()) {
        (Some(best), _) => ["display", "maskedITN", "lexical"]
            .into_iter()
            .find_map(|name| best.get(name)?.string())?,
        // Nothing was recognized there, so nothing is lost.
        (None, Some(status)) if status != "Success" => "".into(),
        (None, _) => return None,
    };
    let confidence = best.and_then(|best| best.get("confidence")?.number());
    Some(Entry {
        at: value.at(),
        start: ticks("offsetInTicks"),
        end: End::After(ticks("durationInTicks")),
        speaker: value.get("speaker").and_then(entry::speaker),
        text,
        confidence: confidence.filter(|number| (0.0..=1.0).contains(number)),
        odd_confidence: None,
    })
}
