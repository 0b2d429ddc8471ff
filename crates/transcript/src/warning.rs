//! What was read differently from how the file has it.

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
}

impl Warning {
    /// The line that the warning is about, from 1, if it is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::ShortenedSpeaker { line, .. } => *line,
        }
    }
}
