//! Why a file is not imported.

use std::{io, path::PathBuf};

/// The longest piece of a file that an error quotes, in characters.
const EXCERPT_LENGTH: usize = 60;

/// A file that cannot be imported. Every message begins with its name.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such file, or this user may not read it.
    #[error("{}: cannot be read: {source}", .file.display())]
    Unreadable {
        /// The file as it was named to the importer.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder where a file is expected.
    #[error("{folder}: is a folder; name the files in it, as in {folder}/*.vtt", folder = .0.display())]
    Folder(PathBuf),
    /// Neither the content nor the extension says what the file is.
    #[error(
        "{}: cannot tell the format of this file; name it .vtt, .srt or .json, \
         or give it with --format",
        .0.display()
    )]
    UnknownFormat(PathBuf),
    /// The file breaks the rules of its format or of the database.
    #[error("{}:{line}: {problem}", .file.display())]
    Malformed {
        /// The file as it was named to the importer.
        file: PathBuf,
        /// The line of the problem, from 1.
        line: usize,
        /// What is wrong there.
        #[source]
        problem: Problem,
    },
    /// The file is well formed, but nobody speaks in it.
    #[error("{}: no cue in this file has any words", .0.display())]
    NoWords(PathBuf),
}

/// What is wrong with a line, and what is expected of it.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Bytes that are no UTF-8, and no byte order mark that says otherwise.
    #[error("this is not UTF-8; save the file as UTF-8, or as UTF-16 with a byte order mark")]
    NotUtf8,
    /// The byte order mark promises UTF-16, but a surrogate or a byte is alone.
    #[error("this is not UTF-16, as the byte order mark has it; save the file as UTF-8")]
    NotUtf16,
    /// A NUL character, as in binary files and UTF-16 without its mark.
    #[error("a NUL character, which a transcript cannot hold; save the file as UTF-8 text")]
    Nul,
    /// A WebVTT file that does not start as one.
    #[error("expected `WEBVTT`, found `{0}`")]
    Signature(String),
    /// A line where the times of a cue must be.
    #[error("expected the times of a cue, as `00:00:01.000 --> 00:00:04.000`, found `{0}`")]
    Times(String),
    /// A time that does not fit the column.
    #[error("`{0}` is too late; the last time that can be stored is 596:31:23.647")]
    TooLate(String),
    /// A language that does not fit the column.
    #[error(
        "the language `{0}` is longer than {max} characters; use its code, such as `en`",
        max = super::LANGUAGE_LENGTH
    )]
    Language(String),
    /// Broken JSON, or JSON that is not a transcript.
    #[error("{message} (column {column})")]
    Json {
        /// What the parser says.
        message: String,
        /// The column, from 1 and in bytes.
        column: usize,
    },
}

/// A problem and its place, before the file's name is known.
#[derive(Debug)]
pub(super) struct LineError {
    /// The line, from 1.
    pub(super) line: usize,
    /// What is wrong there.
    pub(super) problem: Problem,
}

impl Problem {
    /// Places the problem at a line, counted from 1.
    pub(super) fn at(self, line: usize) -> LineError {
        LineError {
            line,
            problem: self,
        }
    }
}

/// The start of a line for an error to quote; a hostile file may have one of
/// many megabytes.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
