//! Problems the user can fix, which are part of the result of a mutation.

use async_graphql::{Enum, SimpleObject};

/// The kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// The login and the password do not match, or the account is deactivated.
    InvalidCredentials,
    /// Too many attempts. The message says when to try again.
    TooManyAttempts,
    /// A text has no visible characters, or a required value is missing.
    Blank,
    /// A text, list or JSON value is longer than allowed.
    TooLong,
    /// A text is shorter than allowed.
    TooShort,
    /// A value does not have the required form.
    Invalid,
    /// A number or time is outside the allowed range.
    OutOfRange,
    /// The value must be unique, and another object already has it.
    Taken,
    /// The object does not exist in the viewer's workspace.
    NotFound,
    /// The viewer lacks the permission for this object. Only bulk mutations report this as a
    /// problem, one per object; other mutations return an error instead.
    Forbidden,
    /// The current state of the object does not allow this.
    InvalidState,
    /// This change conflicts with another one: for example, the object has been changed in the
    /// meantime, or the key has already been used with other input.
    Conflict,
    /// The tasks would depend on each other in a cycle.
    Cycle,
    /// The workspace would have no active admin.
    LastAdmin,
    /// The workspace would store more rows or bytes than the operator of the server allows. Deleting
    /// something helps, possibly only after a minute.
    QuotaExceeded,
}

/// A problem the user can fix.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// The kind of problem.
    pub code: UserErrorCode,
    /// A message for people: what is wrong and what is allowed.
    pub message: String,
    /// The path to the invalid part of the input, from the outermost field inwards. List indexes
    /// start at 0. Empty if the problem concerns the whole input.
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
