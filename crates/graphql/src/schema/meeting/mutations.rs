//! Mutations of meetings.

use async_graphql::{InputObject, MaybeUndefined};
use chrono::NaiveDateTime;
use entity::{meeting, participant, session};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, ModelTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, LockType},
};

use super::{
    Meeting,
    actions::{CANCEL, COMPLETE, DELETE, SCHEDULE, START, UPDATE},
};
use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::filter::ROOT_TABLE,
    read::row::Id,
    scalar::DateTime,
    schema::mutation_field::{MutationField, field},
    schema::payload::{DeletedOutcome, ObjectOutcome},
    schema::session::{
        Session,
        actions::RECORD_MEETING,
        mutations::{NewSession, can_record, give_owner, start_recording, stop_recording},
    },
    schema::workspace::actions::CREATE_MEETING,
    write::action::Action,
    write::input::Command,
    write::text::Limit,
    write::transaction::{Abort, Transaction},
};

/// The mutations of meetings.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<MeetingCreateInput>(),
    field::<MeetingUpdateInput>(),
    field::<MeetingScheduleInput>(),
    field::<MeetingStartInput>(),
    field::<MeetingCompleteInput>(),
    field::<MeetingCancelInput>(),
    field::<MeetingDeleteInput>(),
];

/// The longest title, in characters.
const TITLE: Limit = Limit::name(255);

/// Creates a meeting, as a draft. The viewer is its organizer and takes part in it.
#[derive(InputObject)]
pub(crate) struct MeetingCreateInput {
    /// What it is about. At most 255 characters.
    title: String,
    /// More about it.
    description: Option<String>,
    /// When it is to begin, tentatively: `meetingSchedule` fixes it.
    scheduled_start: Option<DateTime>,
    /// When it is to end, after it begins.
    scheduled_end: Option<DateTime>,
    /// A key of the client's making, of at most 128 characters. Who comes with the same key again
    /// within a week, and with the same input, gets what was created the first time.
    idempotency_key: Option<String>,
}

impl Command for MeetingCreateInput {
    const NAME: &'static str = "meetingCreate";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let key = self.idempotency_key.as_deref();
        if let Some(created) = tx.created_before::<Meeting, _>(self, key).await? {
            return Ok(ObjectOutcome::new(created));
        }
        let workspace = tx.in_workspace(&CREATE_MEETING).await?;
        let title = tx.text(&self.title, TITLE, "title");
        let description = tx.optional_text(self.description.as_deref(), "description");
        let (start, end) = (self.scheduled_start, self.scheduled_end);
        let (start, end) = (start.map(|time| time.0), end.map(|time| time.0));
        check_times(tx, start, end);
        tx.ensure_valid()?;
        let now = Some(tx.now());
        let organizer_id = tx.viewer()?.user().id;
        let meeting = meeting::ActiveModel {
            title: Set(title),
            description: Set(description),
            status: Set(Some(meeting::Status::Draft)),
            workspace_id: Set(workspace.id),
            organizer_id: Set(organizer_id),
            scheduled_start: Set(start),
            scheduled_end: Set(end),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let meeting = meeting.insert(tx.connection()).await?;
        let organizer = participant::ActiveModel {
            meeting_id: Set(meeting.id),
            user_id: Set(organizer_id),
            role: Set(Some(participant::Role::Organizer)),
            status: Set(Some(participant::Status::Accepted)),
            created_at: Set(now),
            ..Default::default()
        };
        organizer.insert(tx.connection()).await?;
        Ok(ObjectOutcome::new(meeting))
    }
}

/// Changes a meeting. What is left out stays as it is.
#[derive(InputObject)]
pub(crate) struct MeetingUpdateInput {
    /// Which meeting.
    id: Id<Meeting>,
    /// What it is about. At most 255 characters.
    title: Option<String>,
    /// More about it. Null removes it.
    description: MaybeUndefined<String>,
    /// When it is to begin. Null removes it, unless the meeting is scheduled.
    scheduled_start: MaybeUndefined<DateTime>,
    /// When it is to end, after it begins. Null removes it.
    scheduled_end: MaybeUndefined<DateTime>,
    /// The `updatedAt` that the user saw. If the meeting has changed since, nothing is done.
    expected_updated_at: Option<DateTime>,
}

impl Command for MeetingUpdateInput {
    const NAME: &'static str = "meetingUpdate";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&UPDATE, &self.id).await?;
        tx.expect_updated_at(self.expected_updated_at, meeting.updated_at);
        let start = or_kept(&self.scheduled_start, meeting.scheduled_start);
        let end = or_kept(&self.scheduled_end, meeting.scheduled_end);
        // What was wrong before, in an adopted database, keeps nobody from changing the rest.
        if !self.scheduled_start.is_undefined() || !self.scheduled_end.is_undefined() {
            check_times(tx, start, end);
        }
        if self.scheduled_start.is_null() && meeting.status == Some(meeting::Status::Scheduled) {
            tx.add_problem(UserError::new(
                UserErrorCode::Invalid,
                ["scheduledStart"],
                "A scheduled meeting needs a start.",
            ));
        }
        let title = self
            .title
            .as_deref()
            .map(|title| tx.text(title, TITLE, "title"));
        let description = match &self.description {
            MaybeUndefined::Undefined => meeting.description.clone(),
            new => tx.optional_text(new.value().map(String::as_str), "description"),
        };
        tx.ensure_valid()?;
        let updated_at = tx.now_after(meeting.updated_at);
        let title = title.unwrap_or_else(|| meeting.title.clone());
        let mut meeting = meeting.into_active_model();
        meeting.title = Set(title);
        meeting.description = Set(description);
        meeting.scheduled_start = Set(start);
        meeting.scheduled_end = Set(end);
        save(tx, meeting, updated_at).await
    }
}

/// Gives a meeting a time, or another one. It is scheduled then.
#[derive(InputObject)]
pub(crate) struct MeetingScheduleInput {
    /// Which meeting.
    id: Id<Meeting>,
    /// When it is to begin.
    scheduled_start: DateTime,
    /// When it is to end, after it begins.
    scheduled_end: Option<DateTime>,
    /// The `updatedAt` that the user saw. If the meeting has changed since, nothing is done.
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

/// Lets a meeting begin. It is live then, and its session records: the one that it has or that is
/// named, or else a new one of the viewer's. One that it has and that has ended is replaced, and
/// stays with its owner.
#[derive(InputObject)]
pub(crate) struct MeetingStartInput {
    /// Which meeting.
    id: Id<Meeting>,
    /// The session that is to record it: one of the viewer's own and of no other meeting, that is
    /// pending or recording.
    session_id: Option<Id<Session>>,
}

impl Command for MeetingStartInput {
    const NAME: &'static str = "meetingStart";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&START, &self.id).await?;
        tx.ensure_valid()?;
        let mut linked = session_of(tx, &meeting).await?;
        if let Some(ended) = linked.take_if(|session| !can_record(session)) {
            give_owner(tx, ended, meeting.organizer_id).await?;
        }
        let session = match &self.session_id {
            Some(id) => Some(self.named_session(tx, id, linked.as_ref()).await?),
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
    /// The session that is named, if it and the meeting are free for each other.
    async fn named_session(
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
                "A meeting has one session and a session one meeting; these are linked to others.",
            ));
        }
        tx.ensure_valid()?;
        Ok(session)
    }
}

/// Ends a live meeting. Its session stops to record.
#[derive(InputObject)]
pub(crate) struct MeetingCompleteInput {
    /// Which meeting.
    id: Id<Meeting>,
}

impl Command for MeetingCompleteInput {
    const NAME: &'static str = "meetingComplete";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&COMPLETE, &self.id).await?;
        tx.ensure_valid()?;
        if let Some(session) = session_of(tx, &meeting).await?
            && session.status == Some(session::Status::Recording)
        {
            stop_recording(tx, session).await?;
        }
        bring(tx, &COMPLETE, meeting).await
    }
}

/// Calls a meeting off that has not begun.
#[derive(InputObject)]
pub(crate) struct MeetingCancelInput {
    /// Which meeting.
    id: Id<Meeting>,
}

impl Command for MeetingCancelInput {
    const NAME: &'static str = "meetingCancel";

    type Outcome = ObjectOutcome<Meeting>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&CANCEL, &self.id).await?;
        tx.ensure_valid()?;
        bring(tx, &CANCEL, meeting).await
    }
}

/// Deletes a meeting with its tasks, participants and analytics. Its session stays with its
/// owner.
#[derive(InputObject)]
pub(crate) struct MeetingDeleteInput {
    /// Which meeting.
    id: Id<Meeting>,
}

impl Command for MeetingDeleteInput {
    const NAME: &'static str = "meetingDelete";

    type Outcome = DeletedOutcome;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let meeting = tx.lock_by_id_for(&DELETE, &self.id).await?;
        tx.ensure_valid()?;
        if let Some(session) = session_of(tx, &meeting).await? {
            give_owner(tx, session, meeting.organizer_id).await?;
        }
        meeting.delete(tx.connection()).await?;
        Ok(DeletedOutcome::new(&self.id))
    }
}

/// The session of a meeting, locked.
async fn session_of(
    tx: &Transaction,
    meeting: &meeting::Model,
) -> Result<Option<session::Model>, Error> {
    let Some(external_id) = meeting.session_id.as_deref() else {
        return Ok(None);
    };
    let is_it = Expr::col((ROOT_TABLE, session::Column::ExternalId)).eq(external_id);
    let mut sessions = tx
        .rows::<Session>(is_it, Some(LockType::NoKeyUpdate))
        .await?;
    Ok(sessions.pop())
}

/// Brings a meeting into the state to which an action leads.
async fn bring(
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

async fn save(
    tx: &Transaction,
    mut meeting: meeting::ActiveModel,
    updated_at: NaiveDateTime,
) -> Result<ObjectOutcome<Meeting>, Abort> {
    meeting.updated_at = Set(Some(updated_at));
    Ok(ObjectOutcome::new(meeting.update(tx.connection()).await?))
}

fn or_kept(new: &MaybeUndefined<DateTime>, kept: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
    match new {
        MaybeUndefined::Undefined => kept,
        new => new.value().map(|time| time.0),
    }
}

fn check_times(tx: &mut Transaction, start: Option<NaiveDateTime>, end: Option<NaiveDateTime>) {
    let Some(end) = end else { return };
    let problem = match start {
        None => "An end needs a start before it.",
        Some(start) if end <= start => "The end must be after the start.",
        Some(_) => return,
    };
    tx.add_problem(UserError::new(
        UserErrorCode::OutOfRange,
        ["scheduledEnd"],
        problem,
    ));
}
