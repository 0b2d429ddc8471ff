//! Mutations of sessions.

use async_graphql::InputObject;
use chrono::NaiveDateTime;
use entity::session::{self, Status};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use uuid::Uuid as NewUuid;

use super::{
    Session,
    actions::{CAN_RECORD, COMPLETE, FAIL, START, STOP},
};
use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    scalar::Uuid,
    schema::meeting::{LINK_SESSION, Meeting},
    schema::workspace::CREATE_SESSION,
    write::action::{Action, Governed},
    write::{Change, Limit, MutationField, One, Stop, Write, field},
};

/// The mutations of sessions.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<SessionCreateInput>(),
    field::<SessionStartInput>(),
    field::<SessionStopInput>(),
    field::<SessionCompleteInput>(),
    field::<SessionFailInput>(),
];

/// The longest code of a language, in characters.
pub(crate) const LANGUAGE: Limit = Limit::name(10);

/// Creates a session of the viewer's, pending.
#[derive(InputObject)]
pub(crate) struct SessionCreateInput {
    /// The meeting that it is to transcribe, which must have none yet, by somebody who runs the
    /// meeting. They can also name a session of theirs in `meetingStart`.
    meeting_id: Option<Id<Meeting>>,
    /// The UUID by which recorders are to know it. Without one it gets a random one.
    external_id: Option<Uuid>,
    /// Language code of what is spoken, such as `en`. At most 10 characters.
    #[graphql(default = "en")]
    language: String,
    /// Whether voice activity detection is on.
    #[graphql(default = true)]
    vad_enabled: bool,
    /// A key of the client's making, of at most 128 characters. Who comes with the same key again
    /// within a week, and with the same input, gets what was created the first time.
    idempotency_key: Option<String>,
}

impl Change for SessionCreateInput {
    type Outcome = One<Session>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let key = self.idempotency_key.as_deref();
        if let Some(created) = write.created_before(self, key).await? {
            return Ok(created);
        }
        write.in_workspace(&CREATE_SESSION).await?;
        let meeting = match &self.meeting_id {
            Some(id) => Some(write.act_on(&LINK_SESSION, id, "meetingId").await?),
            None => None,
        };
        let language = write.text(&self.language, LANGUAGE, "language");
        if let Some(Uuid(id)) = &self.external_id {
            check_unused(write, id).await?;
        }
        write.settled()?;
        let session = NewSession {
            external_id: self.external_id.clone(),
            language,
            vad_enabled: self.vad_enabled,
            ..NewSession::pending(write.now())
        };
        let session = session.insert(write).await?;
        if let Some(meeting) = meeting {
            let updated_at = write.now_after(meeting.updated_at);
            let mut meeting = meeting.into_active_model();
            meeting.session_id = Set(Some(session.external_id.clone()));
            meeting.updated_at = Set(Some(updated_at));
            meeting.update(write.transaction()).await?;
        }
        Ok(One::new(session))
    }
}

async fn check_unused(write: &mut Write, external_id: &str) -> Result<(), DbErr> {
    let found = session::Entity::find()
        .filter(session::Column::ExternalId.eq(external_id))
        .one(write.transaction())
        .await?;
    if found.is_some() {
        write.mistake(UserError::new(
            UserErrorCode::Taken,
            ["externalId"],
            "There is a session with this UUID already.",
        ));
    }
    Ok(())
}

/// A session of the viewer's that is about to be made.
pub(crate) struct NewSession {
    external_id: Option<Uuid>,
    status: Status,
    language: String,
    vad_enabled: bool,
    started_at: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
}

impl NewSession {
    /// One that does not record yet.
    fn pending(now: NaiveDateTime) -> Self {
        Self {
            external_id: None,
            status: Status::Pending,
            language: "en".to_owned(),
            vad_enabled: true,
            started_at: None,
            created_at: now,
        }
    }

    /// One that records.
    pub(crate) fn recording(now: NaiveDateTime) -> Self {
        Self {
            status: Status::Recording,
            started_at: Some(now),
            ..Self::pending(now)
        }
    }

    pub(crate) async fn insert(self, write: &Write) -> Result<session::Model, Error> {
        let external_id = match self.external_id {
            Some(Uuid(id)) => id,
            None => NewUuid::new_v4().to_string(),
        };
        let session = session::ActiveModel {
            external_id: Set(external_id),
            status: Set(Some(self.status)),
            user_id: Set(Some(write.viewer()?.user().id)),
            language: Set(Some(self.language)),
            vad_enabled: Set(Some(self.vad_enabled)),
            started_at: Set(self.started_at),
            created_at: Set(Some(self.created_at)),
            ..Default::default()
        };
        Ok(session.insert(write.transaction()).await?)
    }
}

/// Lets a session record.
#[derive(InputObject)]
pub(crate) struct SessionStartInput {
    /// Which session.
    id: Id<Session>,
}

impl Change for SessionStartInput {
    type Outcome = One<Session>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let session = pass(write, &START, &self.id).await?;
        Ok(One::new(start_recording(write, session).await?))
    }
}

/// Ends the recording of a session. Its transcript is worked on from then on.
#[derive(InputObject)]
pub(crate) struct SessionStopInput {
    /// Which session.
    id: Id<Session>,
}

impl Change for SessionStopInput {
    type Outcome = One<Session>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let session = pass(write, &STOP, &self.id).await?;
        Ok(One::new(stop_recording(write, session).await?))
    }
}

/// Declares the transcript of a session whole.
#[derive(InputObject)]
pub(crate) struct SessionCompleteInput {
    /// Which session.
    id: Id<Session>,
}

impl Change for SessionCompleteInput {
    type Outcome = One<Session>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let mut session = pass(write, &COMPLETE, &self.id).await?.into_active_model();
        session.status = Set(Some(Status::Completed));
        Ok(One::new(session.update(write.transaction()).await?))
    }
}

/// Gives a session up. What was transcribed stays.
#[derive(InputObject)]
pub(crate) struct SessionFailInput {
    /// Which session.
    id: Id<Session>,
}

impl Change for SessionFailInput {
    type Outcome = One<Session>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let session = pass(write, &FAIL, &self.id).await?;
        let ended_at = session.ended_at.or(session.started_at.map(|_| write.now()));
        let mut session = session.into_active_model();
        session.status = Set(Some(Status::Error));
        session.ended_at = Set(ended_at);
        Ok(One::new(session.update(write.transaction()).await?))
    }
}

/// The session, if the viewer can do this to it now.
async fn pass(
    write: &mut Write,
    action: &Action<Session>,
    id: &Id<Session>,
) -> Result<session::Model, Stop> {
    let session = write.act(action, id).await?;
    write.settled()?;
    Ok(session)
}

/// Gives a session that nobody owns to somebody. Without an owner it is seen only through the
/// meeting that links it, and would be lost with the link.
pub(crate) async fn give_owner(
    write: &Write,
    session: session::Model,
    user_id: i32,
) -> Result<(), Error> {
    if session.user_id.is_none() {
        let mut session = session.into_active_model();
        session.user_id = Set(Some(user_id));
        session.update(write.transaction()).await?;
    }
    Ok(())
}

/// Whether a session records or can still begin to.
pub(crate) fn can_record(session: &session::Model) -> bool {
    CAN_RECORD.contains(&Session::stage(session))
}

/// Lets a session record that is pending; one that records already goes on.
pub(crate) async fn start_recording(
    write: &Write,
    session: session::Model,
) -> Result<session::Model, Error> {
    if session.status == Some(Status::Recording) {
        return Ok(session);
    }
    let mut session = session.into_active_model();
    session.status = Set(Some(Status::Recording));
    session.started_at = Set(Some(write.now()));
    Ok(session.update(write.transaction()).await?)
}

/// Ends the recording of a session.
pub(crate) async fn stop_recording(
    write: &Write,
    session: session::Model,
) -> Result<session::Model, Error> {
    // A clock that was set back must not make an end before the start.
    let ended_at = session
        .started_at
        .map_or(write.now(), |start| start.max(write.now()));
    let mut session = session.into_active_model();
    session.status = Set(Some(Status::Processing));
    session.ended_at = Set(Some(ended_at));
    Ok(session.update(write.transaction()).await?)
}
