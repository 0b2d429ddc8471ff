//! The JSON of Whisper, of the tools around it, and of whisper.cpp.
//!
//! Whisper has `segments` with times in seconds, in an object or as a bare
//! list; whisper.cpp has a `transcription` with `offsets` in milliseconds. Keys
//! that are not named here are ignored.
//!
//! A `confidence` is taken as it is. Where there is none, `avg_logprob`, the
//! mean of the natural logarithms of the tokens' probabilities, makes one: its
//! exponential is their geometric mean.
//!
//! Values are checked while they are read, because that is when the parser can
//! tell the line.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::error::{LineError, Problem};
use super::{Cue, Draft};

/// Reads a JSON transcript.
///
/// # Errors
/// Where the JSON breaks off, or where a value is not what a transcript has
/// there.
pub(super) fn parse(content: &str) -> Result<Draft, LineError> {
    // The first character decides. An untagged enum would try both shapes and
    // lose the place of the error.
    let document = if content.trim_start().starts_with('[') {
        serde_json::from_str(content).map(|segments| Document {
            segments: Some(segments),
            ..Document::default()
        })
    } else {
        serde_json::from_str(content)
    };
    let document = document.map_err(|error| json_error(&error))?;
    let language = document.language.or(document.result.language);
    let cues: Vec<Cue> = match (document.segments, document.transcription) {
        (Some(segments), _) => segments.into_iter().filter_map(Segment::cue).collect(),
        (None, Some(pieces)) => pieces.into_iter().filter_map(Piece::cue).collect(),
        (None, None) => return Err(no_segments()),
    };
    Ok(Draft { language, cues })
}

/// The error for an object that has neither list.
fn no_segments() -> LineError {
    let message = "expected a list named `segments` or `transcription`".to_owned();
    Problem::Json { message, column: 1 }.at(1)
}

/// Takes the place out of the message: it is shown before it.
fn json_error(error: &serde_json::Error) -> LineError {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let message = message
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&message)
        .to_owned();
    Problem::Json { message, column }.at(line)
}

/// The root object of either tool.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    #[serde(deserialize_with = "language")]
    language: Option<String>,
    segments: Option<Vec<Segment>>,
    result: RecognitionResult,
    transcription: Option<Vec<Piece>>,
}

/// Where whisper.cpp names the language.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RecognitionResult {
    #[serde(deserialize_with = "language")]
    language: Option<String>,
}

/// A segment as Whisper writes it.
#[derive(Deserialize)]
struct Segment {
    #[serde(deserialize_with = "seconds")]
    start: i32,
    #[serde(deserialize_with = "seconds")]
    end: i32,
    text: Text,
    speaker: Option<Text>,
    #[serde(default, deserialize_with = "confidence")]
    confidence: Option<f64>,
    avg_logprob: Option<f64>,
}

impl Segment {
    fn cue(self) -> Option<Cue> {
        let confidence = self
            .confidence
            .or_else(|| self.avg_logprob.map(|mean| mean.exp().min(1.0)));
        let speaker = self.speaker.map(|speaker| speaker.0);
        Cue::new((self.start, self.end), speaker, &self.text.0, confidence)
    }
}

/// A segment as whisper.cpp writes it.
#[derive(Deserialize)]
struct Piece {
    offsets: Offsets,
    text: Text,
    speaker: Option<Text>,
}

impl Piece {
    fn cue(self) -> Option<Cue> {
        // A question mark is how whisper.cpp says that it cannot tell.
        let speaker = self.speaker.map(|speaker| speaker.0);
        let speaker = speaker.filter(|speaker| speaker != "?");
        Cue::new(
            (self.offsets.from, self.offsets.to),
            speaker,
            &self.text.0,
            None,
        )
    }
}

/// The times of a [`Piece`].
#[derive(Deserialize)]
struct Offsets {
    #[serde(deserialize_with = "milliseconds")]
    from: i32,
    #[serde(deserialize_with = "milliseconds")]
    to: i32,
}

/// A string without the NUL that JSON can smuggle in as `\u0000`.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.contains('\0') {
            return Err(D::Error::custom(Problem::Nul));
        }
        Ok(Self(text))
    }
}

/// Reads a language that fits its column.
fn language<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name: Option<Text> = Option::deserialize(deserializer)?;
    super::language(&name.map(|name| name.0).unwrap_or_default()).map_err(D::Error::custom)
}

/// Reads a confidence from 0 to 1.
fn confidence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let confidence: Option<f64> = Option::deserialize(deserializer)?;
    match confidence {
        Some(number) if !(0.0..=1.0).contains(&number) => Err(D::Error::custom(format_args!(
            "expected a confidence from 0 to 1, found {number}"
        ))),
        _ => Ok(confidence),
    }
}

/// Reads a time in seconds.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    whole_milliseconds(f64::deserialize(deserializer)? * 1000.0)
}

/// Reads a time in milliseconds.
fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    whole_milliseconds(f64::deserialize(deserializer)?)
}

/// Rounds to a millisecond that can be stored.
fn whole_milliseconds<E: Error>(milliseconds: f64) -> Result<i32, E> {
    let rounded = milliseconds.round();
    if (0.0..=f64::from(i32::MAX)).contains(&rounded) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number in the range of i32, as checked above"
        )]
        Ok(rounded as i32)
    } else {
        Err(E::custom(format_args!(
            "expected a time from 0 to {} ms, found {rounded} ms",
            i32::MAX
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whisper_is_read_with_or_without_its_envelope() {
        let segments = r#"[
            {"id": 0, "start": 0, "end": 1.0004, "text": " Hi ", "tokens": [1, [2]],
             "avg_logprob": -0.5, "speaker": "SPEAKER_00"},
            {"start": 1, "end": 2, "text": "so", "confidence": 0.25, "avg_logprob": -9},
            {"start": 2, "end": 3, "text": "odd", "avg_logprob": 7, "speaker": null},
            {"start": 3, "end": 3, "text": " "}
        ]"#;
        let bare = parse(segments).unwrap();
        let whole = parse(&format!(
            r#"{{"text": "", "language": "en", "segments": {segments}}}"#
        ))
        .unwrap();
        assert_eq!(
            (bare.language, whole.language),
            (None, Some("en".to_owned()))
        );
        assert_eq!(bare.cues, whole.cues);
        let cue = |start_ms, end_ms, speaker: Option<&str>, text: &str, confidence| Cue {
            start_ms,
            end_ms,
            speaker: speaker.map(str::to_owned),
            text: text.to_owned(),
            confidence: Some(confidence),
        };
        assert_eq!(
            bare.cues,
            [
                cue(0, 1000, Some("SPEAKER_00"), "Hi", (-0.5_f64).exp()),
                cue(1000, 2000, None, "so", 0.25),
                cue(2000, 3000, None, "odd", 1.0),
            ]
        );
    }

    #[test]
    fn whisper_cpp_is_read() {
        let draft = parse(
            r#"{"result": {"language": "de"}, "transcription": [
                {"timestamps": {"from": "00:00:00,000", "to": "00:00:01,000"},
                 "offsets": {"from": 0, "to": 1000}, "text": " Hallo", "speaker": "1"},
                {"offsets": {"from": 1000, "to": 2000}, "text": " so", "speaker": "?"}]}"#,
        )
        .unwrap();
        assert_eq!(draft.language.as_deref(), Some("de"));
        assert_eq!(draft.cues[0].speaker.as_deref(), Some("1"));
        assert_eq!((draft.cues[1].start_ms, draft.cues[1].end_ms), (1000, 2000));
        assert_eq!(draft.cues[1].speaker, None);
    }

    #[test]
    fn what_is_malformed_is_placed() {
        for (value, complaint) in [
            (
                r#""start": -1, "end": 2, "text": """#,
                "from 0 to 2147483647 ms",
            ),
            (
                r#""start": 0, "end": 3e6, "text": """#,
                "found 3000000000 ms",
            ),
            (r#""start": 0, "end": 1e400, "text": """#, "out of range"),
            (r#""start": NaN, "end": 1, "text": """#, "expected value"),
            (r#""start": 0, "text": """#, "missing field `end`"),
            (r#""start": "0", "end": 1, "text": """#, "expected f64"),
            (r#""start": 0, "end": 1, "text": "\u0000""#, "NUL"),
            (
                r#""start": 0, "end": 1, "text": "", "confidence": 1.5"#,
                "from 0 to 1",
            ),
        ] {
            let json = format!("{{\n\"segments\": [\n{{{value}}}\n]}}");
            let error = parse(&json).err().unwrap();
            assert_eq!(error.line, 3, "{value}");
            let message = error.problem.to_string();
            assert!(message.contains(complaint), "{message}");
            assert!(!message.contains("line"), "{message}");
        }
        for json in ["", "{}", "nonsense", "[1]", "{\"segments\": null}"] {
            assert_eq!(parse(json).err().unwrap().line, 1, "{json}");
        }
        assert!(parse(&"[".repeat(1_000_000)).is_err());
        assert!(parse(&format!("{{\"x\":{}", "[".repeat(1_000_000))).is_err());
    }
}
