//! Why the database failed, and what clients are told about it.

use super::code::{INTERNAL, TIMEOUT, UNAVAILABLE};

/// Why the database failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Another transaction got in between. Retried, the same transaction can succeed, or finds out
    /// why it cannot.
    Conflict,
    /// The connection broke, or none can be made.
    Unreachable,
    /// All connections are in use, or a lock is held by somebody else.
    Busy,
    /// There is no space left to write, on disk or in memory.
    StorageFull,
    /// The statement ran longer than allowed.
    TimedOut,
    /// Something that should not happen.
    Unexpected,
}

impl Failure {
    /// The value of `extensions.code`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Unreachable | Self::Busy | Self::StorageFull => UNAVAILABLE,
            Self::TimedOut => TIMEOUT,
            Self::Conflict | Self::Unexpected => INTERNAL,
        }
    }

    /// The message for clients. None where they only get the id of an internal error.
    pub(super) fn message(self) -> Option<&'static str> {
        match self {
            Self::Unreachable => {
                Some("The database cannot be reached right now. Try again in a few seconds.")
            }
            Self::Busy => Some("The database is busy right now. Try again in a few seconds."),
            Self::StorageFull => Some("The database has no space left. Nothing was changed."),
            Self::TimedOut => {
                Some("The request took longer than allowed and was stopped. Request less at once.")
            }
            Self::Conflict | Self::Unexpected => None,
        }
    }
}
