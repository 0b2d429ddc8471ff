//! A transcript and its cues, independent of any format.

use std::{collections::HashSet, sync::Arc};

use crate::Warning;

/// The longest language code that a transcript can have, in characters.
pub const MAX_LANGUAGE_LENGTH: usize = 10;

/// The longest speaker's name that a cue can have, in characters.
pub const MAX_SPEAKER_LENGTH: usize = 50;

/// The longest text that a cue can have, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 16 * 1024;

/// What was said, according to one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// The code of the language that the file names, in at most [`MAX_LANGUAGE_LENGTH`] characters.
    pub language: Option<String>,
    /// The cues, sorted by start. There is at least one.
    pub cues: Vec<Cue>,
    /// What was not taken as the file has it, in the order of the lines. With a maximum, the first ones.
    pub warnings: Vec<Warning>,
    /// The number of all warnings.
    pub warning_count: usize,
}

/// A stretch of speech by one speaker.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// The start, in milliseconds from the start of the recording. Never negative.
    pub start_ms: i32,
    /// The end, in milliseconds from the start of the recording. Never before `start_ms`.
    pub end_ms: i32,
    /// The speaker, in 1 to [`MAX_SPEAKER_LENGTH`] characters, if the file names one. All cues of a
    /// speaker share the name, so that a file cannot make it take memory as often as it has cues.
    pub speaker: Option<Arc<str>>,
    /// The words: one line of at most [`MAX_TEXT_BYTES`], trimmed, never empty.
    pub text: String,
    /// How sure the speech recognition was, from 0 to 1.
    pub confidence: Option<f64>,
}

impl Transcript {
    /// The end of the last cue to end, in milliseconds from the start of the recording.
    #[must_use]
    pub fn duration_ms(&self) -> i32 {
        self.cues
            .iter()
            .map(|cue| cue.end_ms)
            .max()
            .unwrap_or_default()
    }
}

impl Cue {
    /// Makes a cue from what a file says, or `None` if that has no words.
    pub(crate) fn new(
        (start_ms, end_ms): (i32, i32),
        speaker: Option<Arc<str>>,
        text: &str,
        confidence: Option<f64>,
    ) -> Option<Self> {
        let text = one_line(text);
        (!text.is_empty()).then(|| Self {
            start_ms,
            end_ms: end_ms.max(start_ms),
            speaker,
            text,
            confidence,
        })
    }
}

/// The names of speakers that were met so far, each of them once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: HashSet<Arc<str>>,
}

impl Names {
    /// The name of a speaker, or `None` if the file has a placeholder there: Rev writes `-` and
    /// whisper.cpp writes `?` for a speaker that they do not know.
    pub(crate) fn share(&mut self, speaker: &str) -> Option<Arc<str>> {
        let name = single_spaced(beginning_of_name(speaker));
        if matches!(&*name, "" | "-" | "?") {
            return None;
        }
        if let Some(known) = self.known.get(&*name) {
            return Some(Arc::clone(known));
        }
        let name = Arc::from(name);
        self.known.insert(Arc::clone(&name));
        Some(name)
    }
}

/// How many bytes of a name are read.
const MAX_NAME_BYTES: usize = 512;

/// What is read of a name.
pub(crate) fn beginning_of_name(name: &str) -> &str {
    &name[..name.floor_char_boundary(MAX_NAME_BYTES)]
}

/// Joins the lines of a caption with spaces, without the blanks around each line.
fn one_line(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.split(['\n', '\r']).map(str::trim) {
        if !joined.is_empty() && !line.is_empty() {
            joined.push(' ');
        }
        joined.push_str(line);
    }
    joined
}

/// Replaces every run of whitespace by one space, and removes it at both ends.
pub(crate) fn single_spaced(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
