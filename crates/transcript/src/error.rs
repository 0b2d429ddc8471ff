//! Why a file cannot be read.

use crate::{MAX_LANGUAGE_LENGTH, Warning};

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
    /// JSON that is broken, or that has no list of cues.
    #[error("line {line}: {error}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        error: LineError,
    },
    /// Something would have been passed over or repaired, and the options do not allow that.
    #[error("line {line}: {warning}", line = .0.line(), warning = .0)]
    Strict(Warning),
    /// More cues than [`ReadOptions::max_cues`](crate::ReadOptions::max_cues), or a list in JSON with
    /// more items than are read.
    #[error("the file has more than {0} cues")]
    TooManyCues(usize),
    /// Nobody speaks in the file. Says what was passed over, which may be all of it.
    #[error("no cue has any words")]
    NoWords(Vec<Warning>),
}

/// What is wrong with a line, and what is expected there.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Something that is not the code of a language, nor a name of one.
    #[error(
        "`{0}` is not the code of a language, such as `en`, in at most {MAX_LANGUAGE_LENGTH} \
         characters"
    )]
    Language(String),
    /// Broken JSON, or JSON that is not a transcript.
    #[error("{message} (column {column})")]
    Json {
        /// What is wrong.
        message: String,
        /// The column, from 1 and in bytes.
        column: usize,
    },
}

/// The start of a line for an error to quote, because a hostile file can have a line of many
/// megabytes.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
