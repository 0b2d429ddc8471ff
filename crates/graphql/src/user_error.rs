//! What the user can mend, as a part of a mutation's answer.

use async_graphql::{Enum, SimpleObject};

/// What kind of mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// The name and the password do not belong together, or the account is deactivated.
    InvalidCredentials,
}

/// Something that the user can mend.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// What kind of mistake it is.
    pub code: UserErrorCode,
    /// What is wrong and what is allowed, in a sentence for people.
    pub message: String,
    /// Which part of the input it is about, from the input's field on inwards. Empty where it is
    /// about the whole.
    pub path: Vec<String>,
}
