//! Why files are not imported.

use std::{
    io,
    path::{Path, PathBuf},
};

use transcript::{LineError, ReadError, Warning};
use uuid::Uuid;

use super::recording::MAX_TITLE_LENGTH;
use crate::command_error::CommandError;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Some of the files cannot be read.
    #[error("{}", messages(.0))]
    Files(Vec<InputError>),
    /// Some of the files have been imported into this workspace before, or are given twice.
    #[error("{}", repeated(.0))]
    Repeated(Vec<RepeatedFile>),
    /// There are several files, and only one start.
    #[error("--started-at is for one file, and there are {0}")]
    SeveralFiles(usize),
    /// The recording would end after the year 9999.
    #[error("with this --started-at, the recording ends after the year 9999")]
    LateStart,
    /// The title has no characters but whitespace.
    #[error("the title of a meeting must not be blank")]
    BlankTitle,
    /// The title does not fit into its column.
    #[error("the title `{title}` has more than {MAX_TITLE_LENGTH} characters")]
    LongTitle {
        /// The title.
        title: String,
    },
}

impl CommandError for ImportError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Files(errors) if errors.len() == 1 => match errors[0] {
                InputError::Strict { .. } => {
                    "nothing was imported; without --strict this is a warning"
                }
                _ => "nothing was imported; fix the file or leave it out",
            },
            Self::Files(_) => "nothing was imported; fix these files or leave them out",
            Self::Repeated(_) => {
                "leave these files out; or import them with --again, as further sessions"
            }
            Self::SeveralFiles(_) => "import the files one by one",
            Self::LateStart => "give an earlier start",
            Self::BlankTitle => "name the meetings after their files with --meeting '{file}'",
            Self::LongTitle { .. } => "choose a shorter one with --meeting",
        };
        Some(hint.to_owned())
    }
}

/// A file that is already there.
#[derive(Debug)]
pub struct RepeatedFile {
    /// The file, as it was given.
    pub file: PathBuf,
    /// The external id of the session that it became. `None` if it was given twice.
    pub session: Option<Uuid>,
}

/// One error a line. The caller prints `error: ` before the first one.
fn repeated(files: &[RepeatedFile]) -> String {
    let message = |RepeatedFile { file, session }: &RepeatedFile| match session {
        Some(session) => format!(
            "{}: this file is already imported, as session {session}",
            file.display()
        ),
        None => format!(
            "{}: a file with this content is given twice",
            file.display()
        ),
    };
    let messages: Vec<String> = files.iter().map(message).collect();
    messages.join("\nerror: ")
}

/// One error a line. The caller prints `error: ` before the first one.
fn messages(errors: &[InputError]) -> String {
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    messages.join("\nerror: ")
}

/// Why one file cannot be imported. Every message begins with the name of the file.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// There is no such file, or this user may not read it.
    #[error("{}: cannot be read: {source}", .file.display())]
    Unreadable {
        /// The file, as it was given.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder instead of a file.
    #[error("{folder}: is a folder; name the files in it, as in {folder}/*.vtt", folder = .0.display())]
    Folder(PathBuf),
    /// There is nothing in the file but whitespace.
    #[error("{}: this file is empty", .0.display())]
    Empty(PathBuf),
    /// Neither the content nor the extension says which format it is.
    #[error(
        "{}: the format of this file cannot be detected; name it .vtt, .srt or .json, or give the \
         format with --format",
        .0.display()
    )]
    UnknownFormat(PathBuf),
    /// The JSON in the file is broken, or is no transcript.
    #[error("{}:{line}: {error}", .file.display())]
    Malformed {
        /// The file, as it was given.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        #[source]
        error: LineError,
    },
    /// Something would be passed over or repaired, and `--strict` does not allow that.
    #[error("{}:{}: {warning}", .file.display(), .warning.line())]
    Strict {
        /// The file, as it was given.
        file: PathBuf,
        /// What is wrong.
        warning: Warning,
    },
    /// There are more cues in the file than are read.
    #[error("{}: this file has more than {} cues", .0.display(), .1)]
    TooManyCues(PathBuf, usize),
    /// Nobody speaks in the file, or all words are passed over.
    #[error("{}: no cue in this file has any words{}", .file.display(), first(.warnings))]
    NoWords {
        /// The file, as it was given.
        file: PathBuf,
        /// What was passed over.
        warnings: Vec<Warning>,
    },
}

impl InputError {
    /// Adds the name of the file to an error of its reader.
    pub fn new(file: &Path, error: ReadError) -> Self {
        let file = file.to_owned();
        match error {
            ReadError::Empty => Self::Empty(file),
            ReadError::UnknownFormat => Self::UnknownFormat(file),
            ReadError::Malformed { line, error } => Self::Malformed { file, line, error },
            ReadError::Strict(warning) => Self::Strict { file, warning },
            ReadError::TooManyCues(max) => Self::TooManyCues(file, max),
            ReadError::NoWords(warnings) => Self::NoWords { file, warnings },
        }
    }
}

/// The first of the warnings, as an addition to a message.
fn first(warnings: &[Warning]) -> String {
    match warnings.first() {
        Some(warning) => format!("; line {}: {warning}", warning.line()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use transcript::ReadOptions;

    use super::*;

    #[test]
    fn messages_name_the_file_and_the_line() {
        let message = |content: &[u8]| {
            let error = transcript::read(content, ReadOptions::default()).unwrap_err();
            InputError::new(Path::new("talks/monday"), error).to_string()
        };
        assert_eq!(
            message(b"WEBVTT\n\nGood morning\n"),
            "talks/monday: no cue in this file has any words; line 3: passed over \
             \"Good morning\": this does not belong to any cue"
        );
        assert_eq!(
            message(b"[\n{]"),
            "talks/monday:2: expected a key in quotes (column 2)"
        );
        assert_eq!(message(b"\n"), "talks/monday: this file is empty");
        assert_eq!(
            message(b"Good morning"),
            "talks/monday: the format of this file cannot be detected; name it .vtt, .srt or \
             .json, or give the format with --format"
        );
        assert_eq!(
            message(b"WEBVTT\n"),
            "talks/monday: no cue in this file has any words"
        );
    }
}
