//! What was read differently from how the file has it.

use std::fmt;

use crate::MAX_TEXT_BYTES;

/// Something in a file that could not be taken as it is. The file was read nevertheless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// A speaker's name that was too long. There is one warning for each name, at its first cue.
    // In quotes and escaped, because a name can contain anything, also control characters.
    #[error("the speaker {full:?} is shortened to {short:?}")]
    ShortenedSpeaker {
        /// The line of the cue, from 1. `None` in JSON, whose parser does not report lines.
        line: Option<usize>,
        /// The name as the file has it.
        full: String,
        /// The name as the cues have it, in at most 50 characters.
        short: String,
    },
    /// A cue whose text was too long.
    #[error(
        "the cue at {} is split into {parts}, because its text has {bytes} bytes, and at most \
         {MAX_TEXT_BYTES} fit",
        Timestamp(*.start_ms)
    )]
    SplitCue {
        /// The line of the cue, from 1. `None` in JSON, whose parser does not report lines.
        line: Option<usize>,
        /// Where the cue starts, in milliseconds from the start of the recording.
        start_ms: i32,
        /// The length of its text, in bytes of UTF-8.
        bytes: usize,
        /// The number of cues that it became.
        parts: usize,
    },
}

/// Writes milliseconds as caption files do, such as `01:02:03.450`.
struct Timestamp(i32);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, milliseconds) = (self.0 / 1000, self.0 % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}")
    }
}

impl Warning {
    /// The line that the warning is about, from 1, if it is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::ShortenedSpeaker { line, .. } | Self::SplitCue { line, .. } => *line,
        }
    }
}
