//! What the user can mend, as a part of a mutation's answer.

use async_graphql::{Enum, SimpleObject};

/// What kind of mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// The name and the password do not belong together, or the account is deactivated.
    InvalidCredentials,
    /// There were too many failed attempts. The message says when to try again.
    TooManyAttempts,
    /// A text is empty, or has nothing in it that can be seen.
    Blank,
    /// A text, a list or a value is longer than allowed.
    TooLong,
    /// A text is shorter than allowed.
    TooShort,
    /// A value is not of the form that is needed.
    Invalid,
    /// A number or a time is outside of the range that is allowed.
    OutOfRange,
    /// Another object has this name already, and it must be unique.
    Taken,
    /// There is no such object.
    NotFound,
    /// The viewer may not do this to this object. Only bulk mutations say it here, row by row.
    Forbidden,
    /// The object is not in a state in which this is possible.
    InvalidState,
    /// Somebody else has changed the object in the meantime, or the same key came with other
    /// input before.
    Conflict,
    /// The tasks would wait for each other in a circle.
    Cycle,
    /// The workspace would be left without an active admin.
    LastAdmin,
}

/// Something that the user can mend.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// What kind of mistake it is.
    pub code: UserErrorCode,
    /// What is wrong and what is allowed, in a sentence for people.
    pub message: String,
    /// Which part of the input it is about, from the input's field on inwards; places in a list
    /// are numbers from 0. Empty where it is about the whole.
    pub path: Vec<String>,
}

impl UserError {
    /// An error about the part of the input at `path`.
    pub(crate) fn new<const N: usize>(
        code: UserErrorCode,
        path: [&str; N],
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            path: path.map(str::to_owned).to_vec(),
        }
    }

    /// The same error about the part of the input at `path`.
    pub(crate) fn at<'a>(self, path: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            path: path.into_iter().map(str::to_owned).collect(),
            ..self
        }
    }
}
