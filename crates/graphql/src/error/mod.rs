//! Everything that can go wrong, and the one place where it becomes a GraphQL error.

pub(crate) mod user_error;

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, Name, Pos, Response, ServerError, parser};
use sea_orm::DbErr;
use uuid::Uuid;

use crate::{
    database::trouble::{Trouble, note_broken},
    guard::cost::{Excess, Measure},
};

/// The code of what should not happen.
const INTERNAL: &str = "INTERNAL";
/// The code of what took too long.
pub const TIMEOUT: &str = "TIMEOUT";
/// The code of what can be tried again in a while.
pub const UNAVAILABLE: &str = "UNAVAILABLE";

/// Why a field has no value.
///
/// Resolvers return this type; [`finish`] gives each error its `extensions.code`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The field needs a viewer and the request names none.
    #[error("Sign in first: send `Authorization: Bearer <token>` with a token from signIn.")]
    Unauthenticated,
    /// The viewer sees the object and may not do this to it.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such object on the viewer's side of the wall.
    #[error("There is no {of} with the id `{id}`.")]
    NotFound {
        /// The name of the GraphQL type.
        of: &'static str,
        /// The global id.
        id: String,
    },
    /// What led here was deleted while the request ran.
    #[error("This {0} has been deleted in the meantime.")]
    Gone(&'static str),
    /// The server has too much of the same to do at the moment.
    #[error("{0}")]
    RateLimited(String),
    /// The request asks for something that the schema allows and the server does not.
    #[error("{0}")]
    BadUserInput(String),
    /// The document is none of the language.
    #[error("{0}")]
    Syntax(Arc<parser::Error>),
    /// The request costs more than is allowed.
    #[error("{0}")]
    CostLimitExceeded(Box<Excess>),
    /// The server does not have the document whose hash was sent. Clients know this message.
    #[error("PersistedQueryNotFound")]
    PersistedQueryNotFound,
    /// The server takes documents of its manifest only.
    #[error(
        "This server takes trusted documents only: send the id of one as `documentId` or in \
         `extensions.persistedQuery.sha256Hash`."
    )]
    UntrustedDocument,
    /// A subscriber has not taken what it was sent, or could not be told.
    #[error(
        "More has happened than could be told in time. Read again what you show, and subscribe \
         anew."
    )]
    Lagged,
    /// The request took too long.
    #[error("The request took longer than is allowed and was stopped. Ask for less at once.")]
    Timeout,
    /// The database failed. Clients see at most what kind of trouble it is in; the log has the
    /// rest.
    #[error("The database failed: {0}")]
    Database(Arc<DbErr>),
    /// The database failed while it was to make a change last.
    #[error(
        "The connection to the database broke at the end: it is not known whether this was carried \
         out. Try again; with the same idempotency key nothing is done twice."
    )]
    Uncertain(Arc<DbErr>),
    /// Something else failed that the client has no part in.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// The document has more tokens than a request may have.
    pub(crate) fn too_many_tokens(limit: u64) -> Self {
        Self::CostLimitExceeded(Box::new(Excess {
            measure: Measure::Tokens,
            cost: limit + 1,
            limit,
            paths: Vec::new(),
        }))
    }

    /// The document has no operation of the name that was sent.
    pub(crate) fn no_operation<'a>(name: &str, names: impl Iterator<Item = &'a Name>) -> Self {
        let mut names: Vec<&str> = names.map(Name::as_str).collect();
        names.sort_unstable();
        let has = if names.is_empty() {
            "it has one without a name".to_owned()
        } else {
            format!("it has {}", names.join(", "))
        };
        Self::BadUserInput(format!(
            "The document has no operation named `{name}`; {has}."
        ))
    }

    /// Where in the document it is, if that is known.
    fn position(&self) -> Option<Pos> {
        match self {
            Self::Syntax(error) => error.positions().next(),
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
            Self::BadUserInput(_) | Self::Syntax(_) => "BAD_USER_INPUT",
            Self::CostLimitExceeded(_) => "COST_LIMIT_EXCEEDED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::UntrustedDocument => "UNTRUSTED_DOCUMENT",
            Self::Lagged => "LAGGED",
            Self::Timeout => TIMEOUT,
            Self::Database(error) => Trouble::of(error).code(),
            Self::Uncertain(_) => UNAVAILABLE,
            Self::Internal(_) => INTERNAL,
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl Error {
    /// Whether the database refused because of what another transaction did at the same time, so
    /// that the same transaction, begun anew, can succeed or will find out why not.
    pub(crate) fn is_race(&self) -> bool {
        self.trouble() == Some(Trouble::Race)
    }

    /// Whether the same can succeed in a while, without that anybody does anything.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.trouble(), Some(Trouble::Unreachable | Trouble::Busy))
    }

    fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Database(error) => Some(Trouble::of(error)),
            _ => None,
        }
    }
}

/// The answer to a request that is not executed.
pub(crate) fn refuse(error: Error) -> Response {
    let position = error.position();
    let error = async_graphql::Error::new_with_source(error);
    let mut response =
        Response::from_errors(vec![error.into_server_error(position.unwrap_or_default())]);
    if position.is_none() {
        for error in &mut response.errors {
            error.locations.clear();
        }
    }
    finish(&mut response);
    response
}

/// Gives every error of a response its code, and replaces internal ones by an id that the log
/// repeats.
pub(crate) fn finish(response: &mut Response) {
    for error in &mut response.errors {
        let code = match error.source::<Error>() {
            Some(source) => source.code(),
            // What async-graphql itself refuses is the document or a value in it.
            None => "BAD_USER_INPUT",
        };
        match error.source::<Error>() {
            Some(Error::Database(source)) => {
                let trouble = Trouble::of(source);
                log_trouble(trouble, source, error);
                match trouble.message() {
                    Some(message) => message.clone_into(&mut error.message),
                    None => hide(error),
                }
            }
            Some(Error::Uncertain(source)) => {
                log_trouble(Trouble::of(source), &Arc::clone(source), error);
            }
            _ if code == INTERNAL => hide(error),
            _ => {}
        }
        let excess = match error.source::<Error>() {
            Some(Error::CostLimitExceeded(excess)) => Some(excess.clone()),
            _ => None,
        };
        let extensions = set_code(error, code);
        if let Some(excess) = excess {
            excess.describe(extensions);
        }
    }
}

/// What a client is told of a failure outside all resolvers, which is logged under the same id.
pub fn internal_error(message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    hide(&mut error);
    set_code(&mut error, INTERNAL);
    error
}

fn set_code<'a>(error: &'a mut ServerError, code: &str) -> &'a mut ErrorExtensionValues {
    let extensions = error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", code);
    extensions
}

/// Logs what the client is not told of the database.
fn log_trouble(trouble: Trouble, source: &DbErr, error: &ServerError) {
    if trouble == Trouble::Unreachable {
        note_broken();
    }
    if trouble.message().is_some() {
        tracing::warn!(error.message = %source, path = ?error.path, ?trouble, "the database fails");
    }
}

/// Logs the error under a new id and leaves the client only that.
fn hide(error: &mut ServerError) {
    let id = Uuid::new_v4();
    tracing::error!(error.id = %id, error.message = %error.message, path = ?error.path, "internal error");
    error.message = format!("Internal error {id}. The server's log says more under this id.");
}
