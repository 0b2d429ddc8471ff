//! All errors, and the codes that clients get for them.

pub(crate) mod code;
pub(crate) mod count;
pub(crate) mod failure;
pub(crate) mod input;
pub(crate) mod limit;
pub(crate) mod response;
pub(crate) mod user_error;

use std::sync::Arc;

use async_graphql::Pos;
use sea_orm::DbErr;

use crate::shares::Exhausted;

use self::{
    code::{BAD_USER_INPUT, INTERNAL, TIMEOUT, UNAVAILABLE},
    failure::Failure,
    limit::LimitExceeded,
};

/// Why a field has no value.
///
/// Resolvers return this type; [`response::finish`] gives each error its `extensions.code`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The field needs a signed-in user and the request is anonymous.
    #[error("Sign in first: send `Authorization: Bearer <token>` with a token from `signIn`.")]
    Unauthenticated,
    /// The viewer may see the object, but lacks the permission for the action.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such object in the viewer's workspace.
    #[error("There is no {of} with the ID `{id}`.")]
    NotFound {
        /// The name of the GraphQL type.
        of: &'static str,
        /// The global id.
        id: String,
    },
    /// An object was deleted while the request ran.
    #[error("This {0} has been deleted in the meantime.")]
    Gone(&'static str),
    /// The viewer, the address or the server has too many requests of this kind in progress.
    #[error("{0}")]
    RateLimited(String),
    /// The schema allows the request, but the server does not.
    #[error("{0}")]
    BadUserInput(String),
    /// The document cannot be parsed.
    #[error("Syntax error: {message}.")]
    Syntax {
        /// What was expected, and what was found instead.
        message: String,
        /// The place in the document.
        position: Pos,
    },
    /// A fragment spreads itself.
    #[error("The fragment `{name}` spreads itself, directly or through others.")]
    FragmentCycle {
        /// The name of the fragment.
        name: String,
        /// Where it is defined.
        position: Pos,
    },
    /// The request costs more than allowed.
    #[error("{0}")]
    CostLimitExceeded(Box<LimitExceeded>),
    /// The answer would be longer than allowed.
    #[error(
        "The answer needs more than {0} bytes, which is the limit. Request less at once: smaller \
         pages, or fewer long texts."
    )]
    AnswerTooLong(usize),
    /// Mutations have ended, but their answer would be longer than allowed. The text says which of
    /// them changed something.
    #[error(
        "{0}, but the answer needs more memory than it may have. Read the objects again, and select \
         less in the mutation."
    )]
    MutationAnswerTooLong(String),
    /// A mutation would read more than allowed.
    #[error(
        "The mutation reads more than {0} bytes of what is stored, which is the limit. Nothing was \
         changed. Change fewer objects at once."
    )]
    MutationTooLarge(usize),
    /// The answers of the viewer, or all answers, use as much memory as they may.
    #[error(
        "Too many answers are being built or sent at the same time. Try again in a second, and \
         finish reading pending responses."
    )]
    AnswersFull,
    /// The server does not have the document whose hash was sent. Clients know this message.
    #[error("PersistedQueryNotFound")]
    PersistedQueryNotFound,
    /// The server has no document with the ID that was sent.
    #[error(
        "There is no document with this ID. Send the ID of a trusted document, or the SHA-256 hash \
         of a document that was sent before."
    )]
    UnknownDocument,
    /// The server accepts only the documents of its manifest.
    #[error(
        "This server accepts only trusted documents: send the ID of one as `documentId` or in \
         `extensions.persistedQuery.sha256Hash`."
    )]
    UntrustedDocument,
    /// A subscriber did not read fast enough, or events could not be delivered to the subscriber.
    #[error(
        "More has changed than could be delivered in time. Refetch what you show, then \
         resubscribe."
    )]
    Lagged,
    /// The request took too long.
    #[error("The request took longer than allowed and was stopped. Request less at once.")]
    Timeout,
    /// A mutation took too long. Its commit may have been under way when it was stopped.
    #[error(
        "The mutation took longer than allowed, so it is unknown whether the change was made. Read \
         the objects again to find out, or try again: with the same idempotency key, nothing is \
         created twice."
    )]
    MutationTimeout,
    /// The database failed. Clients learn the kind of failure at most; the log has the details.
    #[error("The database failed: {source}")]
    Database {
        /// The kind of failure.
        failure: Failure,
        /// The error of the driver.
        source: Arc<DbErr>,
    },
    /// The connection broke during a commit.
    #[error(
        "The connection to the database broke during the commit, so it is unknown whether the \
         change was made. Try again: with the same idempotency key, nothing is created twice."
    )]
    CommitUnknown(Arc<DbErr>),
    /// A bug, or a failure that clients cannot fix.
    #[error("{0}")]
    Internal(String),
}

impl From<Exhausted> for Error {
    fn from(exhausted: Exhausted) -> Self {
        match exhausted {
            Exhausted::Answer(limit) => Self::AnswerTooLong(limit),
            Exhausted::Memory => Self::AnswersFull,
        }
    }
}

impl Error {
    /// The position in the document, if known.
    fn position(&self) -> Option<Pos> {
        match self {
            Self::Syntax { position, .. } | Self::FragmentCycle { position, .. } => Some(*position),
            _ => None,
        }
    }

    /// The value of `extensions.code`.
    fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::NotFound { .. } | Self::Gone(_) => "NOT_FOUND",
            Self::RateLimited(_) => "RATE_LIMITED",
            Self::BadUserInput(_) | Self::Syntax { .. } | Self::FragmentCycle { .. } => {
                BAD_USER_INPUT
            }
            Self::CostLimitExceeded(_)
            | Self::AnswerTooLong(_)
            | Self::MutationAnswerTooLong(_)
            | Self::MutationTooLarge(_) => "COST_LIMIT_EXCEEDED",
            Self::PersistedQueryNotFound | Self::UnknownDocument => "PERSISTED_QUERY_NOT_FOUND",
            Self::UntrustedDocument => "UNTRUSTED_DOCUMENT",
            Self::Lagged => "LAGGED",
            Self::Timeout | Self::MutationTimeout => TIMEOUT,
            Self::Database { failure, .. } => failure.code(),
            Self::CommitUnknown(_) | Self::AnswersFull => UNAVAILABLE,
            Self::Internal(_) => INTERNAL,
        }
    }

    /// How the database failed, if it did.
    pub(crate) fn failure(&self) -> Option<Failure> {
        match self {
            Self::Database { failure, .. } => Some(*failure),
            _ => None,
        }
    }

    /// Whether the database rejected a transaction because of a concurrent one, so that a retry can
    /// succeed or fail with the real reason.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(
            self.failure(),
            Some(Failure::Conflict | Failure::Contention | Failure::Locked)
        )
    }

    /// Whether the same request can succeed later without any intervention.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(
            self.failure(),
            Some(Failure::Unreachable | Failure::Locked | Failure::Busy | Failure::Contention)
        )
    }
}
