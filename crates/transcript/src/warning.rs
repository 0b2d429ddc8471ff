//! What was read differently from how the file has it.

use std::{fmt, ops::Deref};

use crate::MAX_TEXT_BYTES;

/// Something in a file that could not be taken as it is. The file was read nevertheless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// A part of the file that became no cue, with all of its text.
    // In quotes and escaped, because a file can contain anything, also control characters.
    #[error("passed over {text:?}: {reason}")]
    PassedOver {
        /// The line where it begins, from 1.
        line: usize,
        /// The text as the file has it.
        text: String,
        /// Why.
        reason: Reason,
    },
    /// A part of the file that was read as something that it does not quite say.
    #[error("{repair}")]
    Repaired {
        /// The line, from 1.
        line: usize,
        /// What was wrong, and what it was read as.
        repair: Repair,
    },
    /// A speaker's name that was too long. There is one warning for each name, at its first cue.
    #[error("the speaker {full:?} is shortened to {short:?}")]
    ShortenedSpeaker {
        /// The line of the cue, from 1.
        line: usize,
        /// The name as the file has it.
        full: String,
        /// The name as the cues have it, in at most 50 characters.
        short: String,
    },
    /// A cue whose text was too long.
    #[error(
        "the cue at {} is split into {parts}, because its text has {bytes} bytes, and at most \
         {MAX_TEXT_BYTES} fit",
        Clock(*.start_ms)
    )]
    SplitCue {
        /// The line of the cue, from 1.
        line: usize,
        /// Where the cue starts, in milliseconds from the start of the recording.
        start_ms: i32,
        /// The length of its text, in bytes of UTF-8.
        bytes: usize,
        /// The number of cues that it became.
        parts: usize,
    },
}

/// Why a part of a file became no cue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Lines of a caption file that are not below the times of a cue.
    #[error("this does not belong to any cue")]
    NoCue,
    /// Times that cannot be read, and the words below them.
    #[error("expected the times of a cue, such as `00:00:01.000 --> 00:00:04.000`")]
    Times,
    /// Something among the events of SubStation Alpha that is not one.
    #[error("expected an event, such as `Dialogue: 0,0:00:01.00,0:00:04.00,Default,Ada,0,0,0,,Hi`")]
    Event,
    /// Words that are spoken after the latest time that fits into 32 bits.
    #[error("this is too late; the latest possible time is 596:31:23.647")]
    TooLate,
    /// Something behind the times of a cue that is not a cue setting.
    #[error("expected only settings such as `align:start` after the times of a cue")]
    Settings,
    /// A line of digits above the times of the next cue, without an empty line before it.
    #[error("this is read as the number of the next cue, because there is no empty line before it")]
    Number,
    /// Something in a JSON list of cues that does not look like one.
    #[error("expected an object with times and a text")]
    Entry,
    /// A language that is neither a code nor a name that speech recognition uses.
    #[error("expected the code of a language, such as `en`")]
    Language,
    /// A confidence that is not a number from 0 to 1.
    #[error("expected a confidence from 0 to 1")]
    Confidence,
}

/// What was wrong in a file, and what it was read as.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Repair {
    /// Bytes that no text in UTF-8 contains, in a file that has no other sign of UTF-8.
    #[error("this is not UTF-8, and is read as Windows-1252")]
    Windows1252,
    /// Bytes that are damaged, or a NUL character.
    #[error("a character that cannot be read becomes `\u{fffd}`")]
    Character,
    /// A WebVTT file that does not begin like one.
    #[error("expected `WEBVTT` at the beginning")]
    Signature,
    /// A start before the recording.
    #[error("a cue that starts before 0 starts at 0")]
    NegativeStart,
    /// A cue without a start.
    #[error("the start of a cue cannot be read; it starts when the cue before it ends")]
    Start,
    /// An end that cannot be read, or does not fit into 32 bits.
    #[error("the end of a cue cannot be read; it ends when it starts")]
    End,
    /// JSON with times that are much too late for seconds.
    #[error(
        "the times are read as milliseconds, because in seconds {words} would take {}",
        Clock(*.seconds_ms)
    )]
    Milliseconds {
        /// How much is said, such as `12 words`.
        words: String,
        /// How long that would take if the times were seconds.
        seconds_ms: i32,
    },
    /// JSON whose times are fractions, but would make a very long recording with few words.
    #[error(
        "the transcript takes {} and says little; if its times are milliseconds, say so",
        Clock(*.0)
    )]
    LongSilence(i32),
}

impl Warning {
    /// The line that the warning is about, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        match self {
            Self::PassedOver { line, .. }
            | Self::Repaired { line, .. }
            | Self::ShortenedSpeaker { line, .. }
            | Self::SplitCue { line, .. } => *line,
        }
    }

    /// The same warning with quotations of at most `max_chars` characters, for a short message.
    #[must_use]
    pub fn shortened(&self, max_chars: usize) -> Self {
        match self.clone() {
            Self::PassedOver { line, text, reason } => Self::PassedOver {
                line,
                text: shortened(text, max_chars),
                reason,
            },
            Self::ShortenedSpeaker { line, full, short } => Self::ShortenedSpeaker {
                line,
                full: shortened(full, max_chars),
                short,
            },
            other @ (Self::Repaired { .. } | Self::SplitCue { .. }) => other,
        }
    }

    /// Whether the file is at fault, rather than a limit of transcripts. These are the warnings that
    /// reject a file with [`ReadOptions::strict`](crate::ReadOptions::strict).
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::PassedOver { .. } | Self::Repaired { .. })
    }
}

/// A text of at most `max_chars` characters, and `…` where more follows.
fn shortened(mut text: String, max_chars: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(max_chars) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The first warnings about a file, and how many there are in all.
#[derive(Debug)]
pub(crate) struct Warnings {
    /// At most twice as many as are kept in the end.
    first: Vec<Warning>,
    count: usize,
    max: usize,
}

impl Default for Warnings {
    fn default() -> Self {
        Self::at_most(usize::MAX)
    }
}

impl Warnings {
    /// No warnings, of which the first `max` by their lines will be kept.
    pub(crate) fn at_most(max: usize) -> Self {
        Self {
            first: Vec::new(),
            count: 0,
            max,
        }
    }

    /// Adds a warning.
    pub(crate) fn push(&mut self, warning: Warning) {
        self.count += 1;
        self.first.push(warning);
        if self.first.len() >= self.max.saturating_mul(2) {
            self.sort();
        }
    }

    /// Puts the warnings into the order of their lines. Those that are not kept are dropped.
    pub(crate) fn sort(&mut self) {
        self.first.sort_by_key(Warning::line);
        self.first.truncate(self.max);
    }

    /// The number of all warnings.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The warnings that are kept, in the order of their lines.
    pub(crate) fn into_first(mut self) -> Vec<Warning> {
        self.sort();
        self.first
    }
}

impl Extend<Warning> for Warnings {
    fn extend<I: IntoIterator<Item = Warning>>(&mut self, warnings: I) {
        for warning in warnings {
            self.push(warning);
        }
    }
}

impl Deref for Warnings {
    type Target = [Warning];

    fn deref(&self) -> &[Warning] {
        &self.first
    }
}

/// Writes milliseconds as caption files do, such as `01:02:03.450`.
pub(crate) struct Clock(pub(crate) i32);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, milliseconds) = (self.0 / 1000, self.0 % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed_over(line: usize, text: &str) -> Warning {
        Warning::PassedOver {
            line,
            text: text.to_owned(),
            reason: Reason::NoCue,
        }
    }

    #[test]
    fn the_first_warnings_by_line_are_kept_and_all_are_counted() {
        let mut warnings = Warnings::at_most(3);
        warnings.extend((1..=1000).rev().map(|line| passed_over(line, "words")));
        warnings.push(passed_over(2, "other words"));
        assert!(warnings.len() < 6);
        assert_eq!(warnings.count(), 1001);
        let expected = [(1, "words"), (2, "words"), (2, "other words")];
        assert_eq!(
            warnings.into_first(),
            expected.map(|(line, text)| passed_over(line, text))
        );
    }

    #[test]
    fn quotations_are_shortened() {
        let warning = passed_over(1, "äöü");
        assert_eq!(warning.shortened(3), warning);
        assert_eq!(warning.shortened(2), passed_over(1, "äö…"));
    }
}
