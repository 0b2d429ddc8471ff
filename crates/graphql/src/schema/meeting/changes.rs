//! Steps that several mutations of meetings share.

use chrono::NaiveDateTime;
use entity::{meeting, session};
use sea_orm::{
    ActiveValue::Set,
    ExprTrait,
    sea_query::{Expr, LockType},
};

use super::Meeting;
use crate::{
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    read::filter::ROOT_TABLE,
    schema::{payload::ObjectOutcome, session::Session},
    write::transaction::{Abort, Transaction},
};

/// The session linked to a meeting, locked against other writers.
pub(super) async fn lock_session(
    tx: &Transaction,
    meeting: &meeting::Model,
) -> Result<Option<session::Model>, Error> {
    let Some(external_id) = meeting.session_id.as_deref() else {
        return Ok(None);
    };
    let condition = Expr::col((ROOT_TABLE, session::Column::ExternalId)).eq(external_id);
    let mut sessions = tx
        .rows::<Session>(condition, Some(LockType::NoKeyUpdate))
        .await?;
    Ok(sessions.pop())
}

/// Updates a meeting and returns it as the outcome of a mutation.
pub(super) async fn save(
    tx: &Transaction,
    mut meeting: meeting::ActiveModel,
    updated_at: NaiveDateTime,
) -> Result<ObjectOutcome<Meeting>, Abort> {
    meeting.updated_at = Set(Some(updated_at));
    Ok(ObjectOutcome::new(tx.update(meeting).await?))
}

/// Adds a problem unless the end, if there is one, is after the start.
pub(super) fn check_times(
    tx: &mut Transaction,
    start: Option<NaiveDateTime>,
    end: Option<NaiveDateTime>,
) {
    let Some(end) = end else { return };
    let problem = match start {
        None => "A scheduled end requires a scheduled start.",
        Some(start) if end <= start => "The scheduled end must be after the scheduled start.",
        Some(_) => return,
    };
    tx.add_problem(UserError::new(
        UserErrorCode::OutOfRange,
        ["scheduledEnd"],
        problem,
    ));
}
