//! The mutations that move a meeting from one status to another.

use async_graphql::InputObject;
use entity::{meeting, session};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};

use super::{
    Meeting,
    actions::{CANCEL, COMPLETE, SCHEDULE, START},
    changes::{check_times, lock_session, save},
};
use crate::{
    directive::id_of,
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    scalar::DateTime,
    schema::{
        mutation_field::{MutationField, field},
        payload::ObjectOutcome,
        session::{
            Session,
            actions::RECORD_MEETING,
            mutations::{NewSession, can_record, give_owner, start_recording, stop_recording},
        },
    },
    write::{
        action::Action,
        input::Command,
        transaction::{Abort, Transaction},
    },
};

/// The mutations that move a meeting from one status to another.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<MeetingScheduleInput>(),
    field::<MeetingStartInput>(),
    field::<MeetingCompleteInput>(),
    field::<MeetingCancelInput>(),
];

/// Schedules or reschedules a meeting: sets its times, and its status to `SCHEDULED`.
#[derive(InputObject)]
pub(crate) struct MeetingScheduleInput {
    /// The ID of the meeting.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    id: Id<Meeting>,
    /// When the meeting is scheduled to start.
    scheduled_start: DateTime,
    /// When the meeting is scheduled to end. Must be after the start. If omitted, any scheduled end
    /// is removed.
    scheduled_end: Option<DateTime>,
    /// The `updatedAt` that the user last saw. If the meeting has been updated since, nothing is
    /// changed. If omitted, this check is skipped. Milliseconds are enough, as in JavaScript's
    /// dates.
    expected_updated_at: Option<DateTime>,
}

impl Command for MeetingScheduleInput {
    const NAME: &'static str = "meetingSchedule";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&SCHEDULE, &self.id).await?;
        tx.expect_updated_at(self.expected_updated_at, meeting.updated_at);
        let start = Some(self.scheduled_start.0);
        let end = self.scheduled_end.map(|time| time.0);
        check_times(tx, start, end);
        tx.ensure_valid()?;
        let updated_at = tx.now_after(meeting.updated_at);
        let mut meeting = meeting.into_active_model();
        meeting.status = Set(Some(meeting::Status::Scheduled));
        meeting.scheduled_start = Set(start);
        meeting.scheduled_end = Set(end);
        save(tx, meeting, updated_at).await
    }
}

/// Starts a meeting: it becomes `LIVE` and its session starts recording. Uses the given session,
/// else the linked one, else a new one owned by the viewer. A linked session that has ended is
/// replaced, and remains with its owner.
#[derive(InputObject)]
pub(crate) struct MeetingStartInput {
    /// The ID of the meeting.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    id: Id<Meeting>,
    /// The ID of the session to record the meeting with. The session must be owned by the viewer,
    /// be pending or recording, and not be linked to another meeting.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    session_id: Option<Id<Session>>,
}

impl Command for MeetingStartInput {
    const NAME: &'static str = "meetingStart";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&START, &self.id).await?;
        tx.ensure_valid()?;
        let mut linked = lock_session(tx, &meeting).await?;
        if let Some(ended) = linked.take_if(|session| !can_record(session)) {
            give_owner(tx, ended, meeting.organizer_id).await?;
        }
        let session = match &self.session_id {
            Some(id) => Some(self.given_session(tx, id, linked.as_ref()).await?),
            None => linked,
        };
        let external_id = match session {
            Some(session) => start_recording(tx, session).await?.external_id,
            None => {
                NewSession::recording(tx.now())
                    .insert(tx)
                    .await?
                    .external_id
            }
        };
        let updated_at = tx.now_after(meeting.updated_at);
        let mut meeting = meeting.into_active_model();
        meeting.status = Set(Some(meeting::Status::Live));
        meeting.session_id = Set(Some(external_id));
        save(tx, meeting, updated_at).await
    }
}

impl MeetingStartInput {
    /// The given session, locked. Adds a problem if the session is linked to another meeting, or
    /// the meeting to another session that can still record.
    async fn given_session(
        &self,
        tx: &mut Transaction,
        id: &Id<Session>,
        linked: Option<&session::Model>,
    ) -> Result<session::Model, Abort> {
        if let Some(linked) = linked
            && linked.id == id.database_id()
        {
            return Ok(linked.clone());
        }
        let session = tx.lock_for(&RECORD_MEETING, id, "sessionId").await?;
        let others = meeting::Entity::find()
            .filter(meeting::Column::SessionId.eq(&session.external_id))
            .filter(meeting::Column::Id.ne(self.id.database_id()))
            .count(tx.connection())
            .await?;
        if others > 0 || linked.is_some() {
            tx.add_problem(UserError::new(
                UserErrorCode::Conflict,
                ["sessionId"],
                "The session is linked to another meeting, or the meeting to another session.",
            ));
        }
        tx.ensure_valid()?;
        Ok(session)
    }
}

/// Ends a live meeting and stops its recording.
#[derive(InputObject)]
pub(crate) struct MeetingCompleteInput {
    /// The ID of the meeting.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    id: Id<Meeting>,
}

impl Command for MeetingCompleteInput {
    const NAME: &'static str = "meetingComplete";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&COMPLETE, &self.id).await?;
        tx.ensure_valid()?;
        if let Some(session) = lock_session(tx, &meeting).await?
            && session.status == Some(session::Status::Recording)
        {
            stop_recording(tx, session).await?;
        }
        transition(tx, &COMPLETE, meeting).await
    }
}

/// Cancels a meeting that has not started.
#[derive(InputObject)]
pub(crate) struct MeetingCancelInput {
    /// The ID of the meeting.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    id: Id<Meeting>,
}

impl Command for MeetingCancelInput {
    const NAME: &'static str = "meetingCancel";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&CANCEL, &self.id).await?;
        tx.ensure_valid()?;
        transition(tx, &CANCEL, meeting).await
    }
}

/// Moves a meeting to the status that an action leads to.
async fn transition(
    tx: &Transaction,
    action: &Action<Meeting>,
    meeting: meeting::Model,
) -> Result<ObjectOutcome<Meeting>, Abort> {
    let status = action.state_after(&meeting);
    let updated_at = tx.now_after(meeting.updated_at);
    let mut meeting = meeting.into_active_model();
    meeting.status = Set(Some(status));
    save(tx, meeting, updated_at).await
}
