//! Failures of the database, and the messages that clients get for them.

use super::code::{INTERNAL, TIMEOUT, UNAVAILABLE};

/// Why the database failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Another transaction has written what this one relied on. On a retry, the same transaction can
    /// succeed or fail with the real reason.
    Conflict,
    /// The database ended the transaction in favor of another one, as after a deadlock. On a retry,
    /// the same transaction can succeed.
    Contention,
    /// The connection broke, or no connection can be opened.
    Unreachable,
    /// Another transaction holds a lock for longer than a statement waits. On a retry, the same
    /// transaction can succeed.
    Locked,
    /// All connections are in use, or another program locks the SQLite file.
    Busy,
    /// No space is left, on disk or in memory.
    StorageFull,
    /// The file or its folder may only be read.
    ReadOnly,
    /// The statement ran longer than allowed.
    TimedOut,
    /// An unexpected error.
    Unexpected,
}

impl Failure {
    /// The value of `extensions.code`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Unreachable
            | Self::Locked
            | Self::Busy
            | Self::StorageFull
            | Self::ReadOnly
            | Self::Contention => UNAVAILABLE,
            Self::TimedOut => TIMEOUT,
            Self::Conflict | Self::Unexpected => INTERNAL,
        }
    }

    /// The message for clients. None if clients get only the id of an internal error.
    pub(super) fn message(self) -> Option<&'static str> {
        match self {
            Self::Unreachable => {
                Some("The database cannot be reached right now. Try again in a few seconds.")
            }
            Self::Locked | Self::Busy => {
                Some("The database is busy right now. Try again in a few seconds.")
            }
            Self::StorageFull => Some("The database has no space left. Nothing was changed."),
            Self::ReadOnly => Some("The database can only be read right now. Nothing was changed."),
            Self::Contention => Some(
                "Other changes that were made at the same time got in the way. Nothing was \
                 changed. Try again in a few seconds.",
            ),
            Self::TimedOut => {
                Some("The request took longer than allowed and was stopped. Request less at once.")
            }
            Self::Conflict | Self::Unexpected => None,
        }
    }
}
