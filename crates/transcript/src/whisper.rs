//! The JSON of Whisper, of the tools around it, and of whisper.cpp.
//!
//! Whisper writes `segments` with times in seconds, in an object or as a bare list; whisper.cpp
//! writes a `transcription` with `offsets` in milliseconds. All other keys are ignored.
//!
//! A `confidence` is taken as it is. Without one, it is calculated from `avg_logprob`, the mean of
//! the natural logarithms of the tokens' probabilities: the exponential function makes that the
//! geometric mean of the probabilities.
//!
//! Values are checked while they are read, because only then does the parser know the line.

use serde::{
    Deserialize,
    de::{Deserializer, Error},
};

use crate::{
    Cue, Draft, DraftCue, check_language,
    error::{LineError, ReadError},
};

/// Reads a JSON transcript.
///
/// # Errors
/// Where the JSON is broken, or where a value is not what a transcript has in its place.
pub(crate) fn read(content: &str) -> Result<Draft, ReadError> {
    // The first character decides. An untagged enum would try both shapes, and lose the line of the
    // error.
    let file = if content.trim_start().starts_with('[') {
        serde_json::from_str(content).map(|segments| File {
            segments: Some(segments),
            ..File::default()
        })
    } else {
        serde_json::from_str(content)
    };
    let file = file.map_err(|error| json_error(&error))?;
    let language = file.language.or(file.result.language);
    let cues: Vec<Cue> = match (file.segments, file.transcription) {
        (Some(segments), _) => segments.into_iter().filter_map(Segment::cue).collect(),
        (None, Some(segments)) => segments.into_iter().filter_map(CppSegment::cue).collect(),
        (None, None) => return Err(no_segments()),
    };
    let cues = cues.into_iter().map(|cue| DraftCue { line: None, cue });
    Ok(Draft {
        language,
        cues: cues.collect(),
    })
}

/// The error for an object that has neither list of segments.
fn no_segments() -> ReadError {
    let message = "expected a list named `segments` or `transcription`".to_owned();
    LineError::Json { message, column: 1 }.at(1)
}

/// Removes line and column from the message of the parser, because they are shown apart from it.
fn json_error(error: &serde_json::Error) -> ReadError {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let message = message
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&message)
        .to_owned();
    LineError::Json { message, column }.at(line)
}

/// The root object of both tools.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    #[serde(deserialize_with = "language")]
    language: Option<String>,
    segments: Option<Vec<Segment>>,
    result: RecognitionResult,
    transcription: Option<Vec<CppSegment>>,
}

/// The place where whisper.cpp names the language.
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
struct CppSegment {
    offsets: Offsets,
    text: Text,
    speaker: Option<Text>,
}

impl CppSegment {
    fn cue(self) -> Option<Cue> {
        // A question mark means that whisper.cpp does not know the speaker.
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

/// The times of a [`CppSegment`].
#[derive(Deserialize)]
struct Offsets {
    #[serde(deserialize_with = "milliseconds")]
    from: i32,
    #[serde(deserialize_with = "milliseconds")]
    to: i32,
}

/// A string without NUL characters, which JSON can contain as `\u0000`.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.contains('\0') {
            return Err(D::Error::custom(LineError::Nul));
        }
        Ok(Self(text))
    }
}

/// Reads a language, and checks its length.
fn language<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name: Option<Text> = Option::deserialize(deserializer)?;
    check_language(&name.map(|name| name.0).unwrap_or_default()).map_err(D::Error::custom)
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

/// Rounds to a whole millisecond of 32 bits.
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

    fn cues_of(draft: &Draft) -> Vec<Cue> {
        draft.cues.iter().map(|draft| draft.cue.clone()).collect()
    }

    /// The line of an error, and its message.
    fn error(content: &str) -> (usize, String) {
        match read(content).err().unwrap() {
            ReadError::Malformed { line, error } => (line, error.to_string()),
            error => panic!("{error}"),
        }
    }

    #[test]
    fn whisper_is_read_with_or_without_its_envelope() {
        let segments = r#"[
            {"id": 0, "start": 0, "end": 1.0004, "text": " Hi ", "tokens": [1, [2]],
             "avg_logprob": -0.5, "speaker": "SPEAKER_00"},
            {"start": 1, "end": 2, "text": "so", "confidence": 0.25, "avg_logprob": -9},
            {"start": 2, "end": 3, "text": "odd", "avg_logprob": 7, "speaker": null},
            {"start": 3, "end": 3, "text": " "}
        ]"#;
        let bare = read(segments).unwrap();
        let whole = read(&format!(
            r#"{{"text": "", "language": "en", "segments": {segments}}}"#
        ))
        .unwrap();
        assert_eq!(
            (&bare.language, &whole.language),
            (&None, &Some("en".to_owned()))
        );
        assert_eq!(cues_of(&bare), cues_of(&whole));
        let cue = |start_ms, end_ms, speaker: Option<&str>, text: &str, confidence| Cue {
            start_ms,
            end_ms,
            speaker: speaker.map(str::to_owned),
            text: text.to_owned(),
            confidence: Some(confidence),
        };
        assert_eq!(
            cues_of(&bare),
            [
                cue(0, 1000, Some("SPEAKER_00"), "Hi", (-0.5_f64).exp()),
                cue(1000, 2000, None, "so", 0.25),
                cue(2000, 3000, None, "odd", 1.0),
            ]
        );
    }

    #[test]
    fn whisper_cpp_is_read() {
        let draft = read(
            r#"{"result": {"language": "de"}, "transcription": [
                {"timestamps": {"from": "00:00:00,000", "to": "00:00:01,000"},
                 "offsets": {"from": 0, "to": 1000}, "text": " Hallo", "speaker": "1"},
                {"offsets": {"from": 1000, "to": 2000}, "text": " so", "speaker": "?"}]}"#,
        )
        .unwrap();
        assert_eq!(draft.language.as_deref(), Some("de"));
        assert_eq!(draft.cues[0].cue.speaker.as_deref(), Some("1"));
        assert_eq!(
            (draft.cues[1].cue.start_ms, draft.cues[1].cue.end_ms),
            (1000, 2000)
        );
        assert_eq!(draft.cues[1].cue.speaker, None);
    }

    #[test]
    fn errors_name_the_line() {
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
            let (line, message) = error(&json);
            assert_eq!(line, 3, "{value}");
            assert!(message.contains(complaint), "{message}");
            assert!(!message.contains("line"), "{message}");
        }
        for json in ["", "{}", "nonsense", "[1]", "{\"segments\": null}"] {
            assert_eq!(error(json).0, 1, "{json}");
        }
        assert!(read(&"[".repeat(1_000_000)).is_err());
        assert!(read(&format!("{{\"x\":{}", "[".repeat(1_000_000))).is_err());
    }
}
