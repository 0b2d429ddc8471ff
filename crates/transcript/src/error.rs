//! Why a file cannot be read.

use crate::MAX_LANGUAGE_LENGTH;

/// The longest piece of a file that an error quotes, in characters.
const EXCERPT_LENGTH: usize = 60;

/// Why a transcript cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is nothing in the file but whitespace.
    #[error("the file is empty")]
    Empty,
    /// Neither the content nor the file name says which format it is.
    #[error("the format cannot be detected")]
    UnknownFormat,
    /// The file breaks the rules of its format, or a limit of transcripts.
    #[error("line {line}: {error}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        error: LineError,
    },
    /// The file is well-formed, but nobody speaks in it.
    #[error("no cue has any words")]
    NoWords,
}

/// What is wrong with a line, and what is expected there.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Bytes that are not UTF-8, without a byte order mark of another encoding.
    #[error("this is not UTF-8; save the file as UTF-8, or as UTF-16 with a byte order mark")]
    NotUtf8,
    /// The byte order mark says UTF-16, but there is half a character.
    #[error("this is not UTF-16, although the byte order mark says so; save the file as UTF-8")]
    NotUtf16,
    /// A NUL character, as in binary files and in UTF-16 without a byte order mark.
    #[error("a transcript cannot contain a NUL character; save the file as UTF-8 text")]
    Nul,
    /// A WebVTT file that does not start like one.
    #[error("expected `WEBVTT`, found {}", found(.0))]
    Signature(String),
    /// A line that should have the times of a cue.
    #[error(
        "expected the times of a cue, such as `00:00:01.000 --> 00:00:04.000`, found {}",
        found(.0)
    )]
    Times(String),
    /// A time that does not fit into 32 bits.
    #[error("`{0}` is too late; the latest possible time is 596:31:23.647")]
    TooLate(String),
    /// A language that is too long.
    #[error(
        "the language `{0}` is longer than {MAX_LANGUAGE_LENGTH} characters; use its code, such as \
         `en`"
    )]
    Language(String),
    /// Broken JSON, or JSON that is not a transcript.
    #[error("{message} (column {column})")]
    Json {
        /// What the JSON parser reports.
        message: String,
        /// The column, from 1 and in bytes.
        column: usize,
    },
}

impl LineError {
    /// The error at a line, counted from 1.
    pub(crate) fn at(self, line: usize) -> ReadError {
        ReadError::Malformed { line, error: self }
    }
}

/// The start of a line for an error to quote, because a hostile file can have a line of many
/// megabytes.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// An excerpt as an error names it.
fn found(excerpt: &str) -> String {
    if excerpt.trim().is_empty() {
        "an empty line".to_owned()
    } else {
        format!("`{excerpt}`")
    }
}
