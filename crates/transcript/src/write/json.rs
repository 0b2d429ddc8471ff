//! JSON in the shape of Whisper. The unit of the times is named, so that they need not be guessed.

use std::fmt::{self, Write};

use serde_json::{Value, json};

use super::About;
use crate::Cue;

/// Writes everything up to the list of cues.
pub(super) fn start(out: &mut impl Write, about: &About) -> fmt::Result {
    let chapters = about
        .chapters
        .iter()
        .map(|chapter| json!({ "start": seconds(chapter.start_ms), "title": chapter.title }));
    let markers = about.markers.iter().map(
        |marker| json!({ "at": seconds(marker.at_ms), "kind": marker.kind, "text": marker.text }),
    );
    write!(
        out,
        "{{\n\"title\": {},\n\"language\": {},\n\"unit\": \"seconds\",\n\"participants\": {},\n\
         \"chapters\": {},\n\"markers\": {},\n\"segments\": [",
        json!(about.title),
        json!(about.language),
        json!(about.participants),
        chapters.collect::<Value>(),
        markers.collect::<Value>(),
    )
}

/// Writes a cue.
pub(super) fn cue(out: &mut impl Write, cue: &Cue, is_first: bool) -> fmt::Result {
    let comma = if is_first { "" } else { "," };
    write!(
        out,
        "{comma}\n{{\"start\": {}, \"end\": {}, \"speaker\": {}, \"text\": {}, \"confidence\": {}}}",
        seconds(cue.start_ms),
        seconds(cue.end_ms),
        json!(cue.speaker.as_deref()),
        json!(cue.text),
        json!(cue.confidence),
    )
}

/// Writes what comes after the list of cues.
pub(super) fn finish(out: &mut impl Write, is_empty: bool) -> fmt::Result {
    out.write_str(if is_empty { "]\n}\n" } else { "\n]\n}\n" })
}

/// Milliseconds as seconds.
fn seconds(milliseconds: i32) -> f64 {
    f64::from(milliseconds) / 1000.0
}
