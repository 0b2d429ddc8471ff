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
    schema::meeting::{Meeting, actions::LINK_SESSION},
    schema::mutation_field::{MutationField, field},
    schema::payload::ObjectOutcome,
    schema::workspace::actions::CREATE_SESSION,
    write::action::{Action, Resource},
    write::input::Command,
    write::text::Limit,
    write::transaction::{Abort, Transaction},
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

impl Command for SessionCreateInput {
    const NAME: &'static str = "sessionCreate";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let key = self.idempotency_key.as_deref();
        if let Some(created) = tx.created_before::<Session, _>(self, key).await? {
            return Ok(ObjectOutcome::new(created));
        }
        tx.in_workspace(&CREATE_SESSION).await?;
        let meeting = match &self.meeting_id {
            Some(id) => Some(tx.lock_for(&LINK_SESSION, id, "meetingId").await?),
            None => None,
        };
        let language = tx.text(&self.language, LANGUAGE, "language");
        if let Some(Uuid(id)) = &self.external_id {
            check_unused(tx, id).await?;
        }
        tx.ensure_valid()?;
        let session = NewSession {
            external_id: self.external_id.clone(),
            language,
            vad_enabled: self.vad_enabled,
            ..NewSession::pending(tx.now())
        };
        let session = session.insert(tx).await?;
        if let Some(meeting) = meeting {
            let updated_at = tx.now_after(meeting.updated_at);
            let mut meeting = meeting.into_active_model();
            meeting.session_id = Set(Some(session.external_id.clone()));
            meeting.updated_at = Set(Some(updated_at));
            meeting.update(tx.connection()).await?;
        }
        Ok(ObjectOutcome::new(session))
    }
}

async fn check_unused(tx: &mut Transaction, external_id: &str) -> Result<(), DbErr> {
    let found = session::Entity::find()
        .filter(session::Column::ExternalId.eq(external_id))
        .one(tx.connection())
        .await?;
    if found.is_some() {
        tx.add_problem(UserError::new(
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

    pub(crate) async fn insert(self, tx: &Transaction) -> Result<session::Model, Error> {
        let external_id = match self.external_id {
            Some(Uuid(id)) => id,
            None => NewUuid::new_v4().to_string(),
        };
        let session = session::ActiveModel {
            external_id: Set(external_id),
            status: Set(Some(self.status)),
            user_id: Set(Some(tx.viewer()?.user().id)),
            language: Set(Some(self.language)),
            vad_enabled: Set(Some(self.vad_enabled)),
            started_at: Set(self.started_at),
            created_at: Set(Some(self.created_at)),
            ..Default::default()
        };
        Ok(session.insert(tx.connection()).await?)
    }
}

/// Lets a session record.
#[derive(InputObject)]
pub(crate) struct SessionStartInput {
    /// Which session.
    id: Id<Session>,
}

impl Command for SessionStartInput {
    const NAME: &'static str = "sessionStart";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = pass(tx, &START, &self.id).await?;
        Ok(ObjectOutcome::new(start_recording(tx, session).await?))
    }
}

/// Ends the recording of a session. Its transcript is worked on from then on.
#[derive(InputObject)]
pub(crate) struct SessionStopInput {
    /// Which session.
    id: Id<Session>,
}

impl Command for SessionStopInput {
    const NAME: &'static str = "sessionStop";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = pass(tx, &STOP, &self.id).await?;
        Ok(ObjectOutcome::new(stop_recording(tx, session).await?))
    }
}

/// Declares the transcript of a session whole.
#[derive(InputObject)]
pub(crate) struct SessionCompleteInput {
    /// Which session.
    id: Id<Session>,
}

impl Command for SessionCompleteInput {
    const NAME: &'static str = "sessionComplete";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let mut session = pass(tx, &COMPLETE, &self.id).await?.into_active_model();
        session.status = Set(Some(Status::Completed));
        Ok(ObjectOutcome::new(session.update(tx.connection()).await?))
    }
}

/// Gives a session up. What was transcribed stays.
#[derive(InputObject)]
pub(crate) struct SessionFailInput {
    /// Which session.
    id: Id<Session>,
}

impl Command for SessionFailInput {
    const NAME: &'static str = "sessionFail";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = pass(tx, &FAIL, &self.id).await?;
        let ended_at = session.ended_at.or(session.started_at.map(|_| tx.now()));
        let mut session = session.into_active_model();
        session.status = Set(Some(Status::Error));
        session.ended_at = Set(ended_at);
        Ok(ObjectOutcome::new(session.update(tx.connection()).await?))
    }
}

/// The session, if the viewer can do this to it now.
async fn pass(
    tx: &mut Transaction,
    action: &Action<Session>,
    id: &Id<Session>,
) -> Result<session::Model, Abort> {
    let session = tx.lock_by_id_for(action, id).await?;
    tx.ensure_valid()?;
    Ok(session)
}

/// Gives a session that nobody owns to somebody. Without an owner it is seen only through the
/// meeting that links it, and would be lost with the link.
pub(crate) async fn give_owner(
    tx: &Transaction,
    session: session::Model,
    user_id: i32,
) -> Result<(), Error> {
    if session.user_id.is_none() {
        let mut session = session.into_active_model();
        session.user_id = Set(Some(user_id));
        session.update(tx.connection()).await?;
    }
    Ok(())
}

/// Whether a session records or can still begin to.
pub(crate) fn can_record(session: &session::Model) -> bool {
    CAN_RECORD.contains(&Session::state(session))
}

/// Lets a session record that is pending; one that records already goes on.
pub(crate) async fn start_recording(
    tx: &Transaction,
    session: session::Model,
) -> Result<session::Model, Error> {
    if session.status == Some(Status::Recording) {
        return Ok(session);
    }
    let mut session = session.into_active_model();
    session.status = Set(Some(Status::Recording));
    session.started_at = Set(Some(tx.now()));
    Ok(session.update(tx.connection()).await?)
}

/// Ends the recording of a session.
pub(crate) async fn stop_recording(
    tx: &Transaction,
    session: session::Model,
) -> Result<session::Model, Error> {
    // A clock that was set back must not make an end before the start.
    let ended_at = session
        .started_at
        .map_or(tx.now(), |start| start.max(tx.now()));
    let mut session = session.into_active_model();
    session.status = Set(Some(Status::Processing));
    session.ended_at = Set(Some(ended_at));
    Ok(session.update(tx.connection()).await?)
}
