//! Turns errors into the errors of a response.

use async_graphql::{ErrorExtensionValues, Response, ServerError};
use sea_orm::DbErr;
use uuid::Uuid;

use super::{
    Error,
    code::{BAD_USER_INPUT, INTERNAL},
    failure::Failure,
};

/// The response to a request that is not executed.
pub(crate) fn reject(error: Error) -> Response {
    let position = error.position();
    let error = async_graphql::Error::new_with_source(error);
    let mut error = error.into_server_error(position.unwrap_or_default());
    if position.is_none() {
        error.locations.clear();
    }
    let mut response = Response::from_errors(vec![error]);
    finish(&mut response);
    response
}

/// The same as [`reject`], as the error of a result.
pub(crate) fn rejection(error: Error) -> Box<Response> {
    Box::new(reject(error))
}

/// How many errors a response lists at most if a request is invalid.
pub(crate) const MAX_ERRORS: usize = 20;

/// The response to a request with these errors in its document or its variables, which is not
/// executed.
pub(crate) fn reject_invalid(mut errors: Vec<ServerError>) -> Box<Response> {
    errors.truncate(MAX_ERRORS);
    let mut response = Box::new(Response::from_errors(errors));
    finish(&mut response);
    response
}

/// Adds a code to every error of a response. Replaces the message of internal errors by an id that
/// is also in the log.
pub(crate) fn finish(response: &mut Response) {
    for error in &mut response.errors {
        match error.source::<Error>().cloned() {
            Some(source) => finish_own(error, &source),
            // async-graphql itself rejects only documents and values in them.
            None => {
                set_code(error, BAD_USER_INPUT);
            }
        }
    }
}

fn finish_own(error: &mut ServerError, source: &Error) {
    match source {
        Error::Database { failure, source } => match failure.message() {
            Some(message) => {
                log_failure(*failure, source, error);
                message.clone_into(&mut error.message);
            }
            None => conceal(error),
        },
        Error::CommitUnknown(source) => log_failure(Failure::Unreachable, source, error),
        Error::Internal(_) => conceal(error),
        _ => {}
    }
    let extensions = set_code(error, source.code());
    if let Error::CostLimitExceeded(exceeded) = source {
        exceeded.describe(extensions);
    }
}

/// An error for a failure outside the resolvers. The failure is logged under the id that the client
/// gets.
pub fn internal_error(message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    conceal(&mut error);
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

/// Logs the details of a database failure, which clients do not get.
fn log_failure(failure: Failure, source: &DbErr, error: &ServerError) {
    tracing::warn!(error.message = %source, path = ?error.path, ?failure, "the database failed");
}

/// Logs the error under a new id, and replaces its message so that the client gets only that id.
fn conceal(error: &mut ServerError) {
    let id = Uuid::new_v4();
    tracing::error!(error.id = %id, error.message = %error.message, path = ?error.path, "internal error");
    error.message = format!("Internal error {id}. The server's log has the details under this ID.");
}
