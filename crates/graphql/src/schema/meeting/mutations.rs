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
    schema::session::{
        NewSession, RECORD_MEETING, Session, can_record, give_owner, start_recording,
        stop_recording,
    },
    schema::workspace::CREATE_MEETING,
    write::action::Action,
    write::{Change, Limit, MutationField, One, Removed, Stop, Write, field},
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

impl Change for MeetingCreateInput {
    type Outcome = One<Meeting>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let key = self.idempotency_key.as_deref();
        if let Some(created) = write.created_before(self, key).await? {
            return Ok(created);
        }
        let workspace = write.in_workspace(&CREATE_MEETING).await?;
        let title = write.text(&self.title, TITLE, "title");
        let description = write.prose(self.description.as_deref(), "description");
        let (start, end) = (self.scheduled_start, self.scheduled_end);
        let (start, end) = (start.map(|time| time.0), end.map(|time| time.0));
        check_times(write, start, end);
        write.settled()?;
        let now = Some(write.now());
        let organizer_id = write.viewer()?.user().id;
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
        let meeting = meeting.insert(write.transaction()).await?;
        let organizer = participant::ActiveModel {
            meeting_id: Set(meeting.id),
            user_id: Set(organizer_id),
            role: Set(Some(participant::Role::Organizer)),
            status: Set(Some(participant::Status::Accepted)),
            created_at: Set(now),
            ..Default::default()
        };
        organizer.insert(write.transaction()).await?;
        Ok(One::new(meeting))
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

impl Change for MeetingUpdateInput {
    type Outcome = One<Meeting>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let meeting = write.act(&UPDATE, &self.id).await?;
        write.expect_updated_at(self.expected_updated_at, meeting.updated_at);
        let start = or_kept(&self.scheduled_start, meeting.scheduled_start);
        let end = or_kept(&self.scheduled_end, meeting.scheduled_end);
        // What was wrong before, in an adopted database, keeps nobody from changing the rest.
        if !self.scheduled_start.is_undefined() || !self.scheduled_end.is_undefined() {
            check_times(write, start, end);
        }
        if self.scheduled_start.is_null() && meeting.status == Some(meeting::Status::Scheduled) {
            write.mistake(UserError::new(
                UserErrorCode::Invalid,
                ["scheduledStart"],
                "A scheduled meeting needs a start.",
            ));
        }
        let title = self
            .title
            .as_deref()
            .map(|title| write.text(title, TITLE, "title"));
        let description = match &self.description {
            MaybeUndefined::Undefined => meeting.description.clone(),
            new => write.prose(new.value().map(String::as_str), "description"),
        };
        write.settled()?;
        let updated_at = write.now_after(meeting.updated_at);
        let title = title.unwrap_or_else(|| meeting.title.clone());
        let mut meeting = meeting.into_active_model();
        meeting.title = Set(title);
        meeting.description = Set(description);
        meeting.scheduled_start = Set(start);
        meeting.scheduled_end = Set(end);
        save(write, meeting, updated_at).await
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

impl Change for MeetingScheduleInput {
    type Outcome = One<Meeting>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let meeting = write.act(&SCHEDULE, &self.id).await?;
        write.expect_updated_at(self.expected_updated_at, meeting.updated_at);
        let start = Some(self.scheduled_start.0);
        let end = self.scheduled_end.map(|time| time.0);
        check_times(write, start, end);
        write.settled()?;
        let updated_at = write.now_after(meeting.updated_at);
        let mut meeting = meeting.into_active_model();
        meeting.status = Set(Some(meeting::Status::Scheduled));
        meeting.scheduled_start = Set(start);
        meeting.scheduled_end = Set(end);
        save(write, meeting, updated_at).await
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

impl Change for MeetingStartInput {
    type Outcome = One<Meeting>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let meeting = write.act(&START, &self.id).await?;
        write.settled()?;
        let mut linked = session_of(write, &meeting).await?;
        if let Some(ended) = linked.take_if(|session| !can_record(session)) {
            give_owner(write, ended, meeting.organizer_id).await?;
        }
        let session = match &self.session_id {
            Some(id) => Some(self.named_session(write, id, linked.as_ref()).await?),
            None => linked,
        };
        let external_id = match session {
            Some(session) => start_recording(write, session).await?.external_id,
            None => {
                NewSession::recording(write.now())
                    .insert(write)
                    .await?
                    .external_id
            }
        };
        let updated_at = write.now_after(meeting.updated_at);
        let mut meeting = meeting.into_active_model();
        meeting.status = Set(Some(meeting::Status::Live));
        meeting.session_id = Set(Some(external_id));
        save(write, meeting, updated_at).await
    }
}

impl MeetingStartInput {
    /// The session that is named, if it and the meeting are free for each other.
    async fn named_session(
        &self,
        write: &mut Write,
        id: &Id<Session>,
        linked: Option<&session::Model>,
    ) -> Result<session::Model, Stop> {
        if let Some(linked) = linked
            && linked.id == id.database_id()
        {
            return Ok(linked.clone());
        }
        let session = write.act_on(&RECORD_MEETING, id, "sessionId").await?;
        let others = meeting::Entity::find()
            .filter(meeting::Column::SessionId.eq(&session.external_id))
            .filter(meeting::Column::Id.ne(self.id.database_id()))
            .count(write.transaction())
            .await?;
        if others > 0 || linked.is_some() {
            write.mistake(UserError::new(
                UserErrorCode::Conflict,
                ["sessionId"],
                "A meeting has one session and a session one meeting; these are linked to others.",
            ));
        }
        write.settled()?;
        Ok(session)
    }
}

/// Ends a live meeting. Its session stops to record.
#[derive(InputObject)]
pub(crate) struct MeetingCompleteInput {
    /// Which meeting.
    id: Id<Meeting>,
}

impl Change for MeetingCompleteInput {
    type Outcome = One<Meeting>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let meeting = write.act(&COMPLETE, &self.id).await?;
        write.settled()?;
        if let Some(session) = session_of(write, &meeting).await?
            && session.status == Some(session::Status::Recording)
        {
            stop_recording(write, session).await?;
        }
        bring(write, &COMPLETE, meeting).await
    }
}

/// Calls a meeting off that has not begun.
#[derive(InputObject)]
pub(crate) struct MeetingCancelInput {
    /// Which meeting.
    id: Id<Meeting>,
}

impl Change for MeetingCancelInput {
    type Outcome = One<Meeting>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let meeting = write.act(&CANCEL, &self.id).await?;
        write.settled()?;
        bring(write, &CANCEL, meeting).await
    }
}

/// Deletes a meeting with its tasks, participants and analytics. Its session stays with its
/// owner.
#[derive(InputObject)]
pub(crate) struct MeetingDeleteInput {
    /// Which meeting.
    id: Id<Meeting>,
}

impl Change for MeetingDeleteInput {
    type Outcome = Removed;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let meeting = write.act(&DELETE, &self.id).await?;
        write.settled()?;
        if let Some(session) = session_of(write, &meeting).await? {
            give_owner(write, session, meeting.organizer_id).await?;
        }
        meeting.delete(write.transaction()).await?;
        Ok(Removed::new(&self.id))
    }
}

/// The session of a meeting, locked.
async fn session_of(
    write: &Write,
    meeting: &meeting::Model,
) -> Result<Option<session::Model>, Error> {
    let Some(external_id) = meeting.session_id.as_deref() else {
        return Ok(None);
    };
    let is_it = Expr::col((ROOT_TABLE, session::Column::ExternalId)).eq(external_id);
    let mut sessions = write
        .rows::<Session>(is_it, Some(LockType::NoKeyUpdate))
        .await?;
    Ok(sessions.pop())
}

/// Brings a meeting into the state to which an action leads.
async fn bring(
    write: &Write,
    action: &Action<Meeting>,
    meeting: meeting::Model,
) -> Result<One<Meeting>, Stop> {
    let status = action.stage_after(&meeting);
    let updated_at = write.now_after(meeting.updated_at);
    let mut meeting = meeting.into_active_model();
    meeting.status = Set(Some(status));
    save(write, meeting, updated_at).await
}

async fn save(
    write: &Write,
    mut meeting: meeting::ActiveModel,
    updated_at: NaiveDateTime,
) -> Result<One<Meeting>, Stop> {
    meeting.updated_at = Set(Some(updated_at));
    Ok(One::new(meeting.update(write.transaction()).await?))
}

fn or_kept(new: &MaybeUndefined<DateTime>, kept: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
    match new {
        MaybeUndefined::Undefined => kept,
        new => new.value().map(|time| time.0),
    }
}

fn check_times(write: &mut Write, start: Option<NaiveDateTime>, end: Option<NaiveDateTime>) {
    let Some(end) = end else { return };
    let problem = match start {
        None => "An end needs a start before it.",
        Some(start) if end <= start => "The end must be after the start.",
        Some(_) => return,
    };
    write.mistake(UserError::new(
        UserErrorCode::OutOfRange,
        ["scheduledEnd"],
        problem,
    ));
}
