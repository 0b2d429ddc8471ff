//! Throttling of the mutations of accounts.

use std::time::{Duration, Instant};

use async_graphql::Context;

use crate::{
    account::throttle::{Attempt, Counted},
    error::Error,
    error::count::counted,
    error::user_error::{UserError, UserErrorCode},
    read::context::{ContextExt, RequestContext},
    write::input::{MutationResult, Outcome},
};

/// Counts an attempt that is about to be made. `what` names such attempts in the message.
///
/// # Errors
///
/// The problem, if there were too many.
pub(super) fn begin<'a>(
    request: &'a RequestContext,
    attempt: Attempt,
    what: &str,
    field: &str,
) -> Result<Counted<'a>, UserError> {
    let begun = request.throttle.begin(attempt, Instant::now());
    begun.map_err(|wait| {
        let message = too_many(what, wait);
        UserError::new(UserErrorCode::TooManyAttempts, [field], message)
    })
}

/// Runs a mutation that may answer that a name is taken. Such answers reveal who exists in other
/// workspaces, so there is an allowance for them.
///
/// # Errors
///
/// [`Error::RateLimited`] if the allowance is used up, or what the mutation fails with.
pub(super) async fn limit_taken<O: Outcome>(
    ctx: &Context<'_>,
    mutation: impl Future<Output = Result<MutationResult<O>, Error>>,
) -> Result<MutationResult<O>, Error> {
    let request = ctx.request();
    let user_id = request.viewer.get().ok().map(|viewer| viewer.user().id);
    let attempt = Attempt::taken(user_id, request.address);
    let now = Instant::now();
    if let Some(wait) = request.throttle.retry_after(&attempt, now) {
        return Err(Error::RateLimited(too_many("names that are taken", wait)));
    }
    let result = mutation.await?;
    let mut codes = result.user_errors.iter().map(|problem| problem.code);
    if codes.any(|code| code == UserErrorCode::Taken) {
        request.throttle.record(&attempt, now);
    }
    Ok(result)
}

fn too_many(what: &str, wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    format!(
        "Too many {what}. Try again in {}.",
        counted(seconds, "second")
    )
}
