//! What `transcriptImport` says about a file that cannot be taken as it is.

use async_graphql::SimpleObject;
use serde_json::{Value, json};
use transcript::{ReadError, Warning};

use crate::error::user_error::{UserError, UserErrorCode};

/// How many characters of a file the message of a warning quotes at most.
const MAX_QUOTATION: usize = 200;

/// How many bytes of a file a warning has as its text at most.
const MAX_WARNING_TEXT: usize = 16 * 1024;

/// Something in a file that was not imported as the file has it.
#[derive(Clone, SimpleObject)]
pub(crate) struct TranscriptWarning {
    /// The line in the file, from 1.
    line: usize,
    /// What was odd, and what became of it. Quotes at most 200 characters of the file.
    message: String,
    /// The text that was passed over, or the full name of a speaker whose name is shortened. At most
    /// 16,384 bytes of it. Null if there is neither.
    text: Option<String>,
}

impl From<&Warning> for TranscriptWarning {
    fn from(warning: &Warning) -> Self {
        let text = match warning {
            Warning::PassedOver { text, .. } | Warning::ShortenedSpeaker { full: text, .. } => {
                Some(beginning(text).to_owned())
            }
            _ => None,
        };
        Self {
            line: warning.line(),
            message: warning.shortened(MAX_QUOTATION).to_string(),
            text,
        }
    }
}

impl TranscriptWarning {
    /// The warning as JSON, with the same fields.
    pub(crate) fn to_json(&self) -> Value {
        json!({"line": self.line, "message": self.message, "text": self.text})
    }
}

/// As much of a text as a warning may have.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(MAX_WARNING_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The problem with a file that cannot be read.
pub(crate) fn unreadable(error: ReadError) -> UserError {
    let (code, message) = match error {
        ReadError::Empty => (UserErrorCode::Blank, "The file is empty.".to_owned()),
        ReadError::UnknownFormat => (
            UserErrorCode::Invalid,
            "The format of the file cannot be detected. Say which it is with `format`.".to_owned(),
        ),
        ReadError::NoWords(warnings) => {
            let first = warnings.first();
            let first = first.map(|it| it.shortened(MAX_QUOTATION));
            let first = first.map(|it| format!(" Line {}: {it}.", it.line()));
            (
                UserErrorCode::Invalid,
                format!(
                    "No cue in the file has any words.{}",
                    first.unwrap_or_default()
                ),
            )
        }
        ReadError::Strict(warning) => {
            let error = ReadError::Strict(warning.shortened(MAX_QUOTATION));
            (UserErrorCode::Invalid, invalid(&error))
        }
        ReadError::TooManyCues(max) => (
            UserErrorCode::TooLong,
            format!("The file has more than {max} cues. Split it."),
        ),
        error @ ReadError::Malformed { .. } => (UserErrorCode::Invalid, invalid(&error)),
    };
    UserError::new(code, ["content"], message)
}

fn invalid(error: &ReadError) -> String {
    format!("The file is invalid: {error}.")
}
