//! Mutations of sessions.

use async_graphql::InputObject;
use chrono::NaiveDateTime;
use entity::session::{self, Status};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QuerySelect,
};
use uuid::Uuid as NewUuid;

use super::{
    Session,
    actions::{CAN_RECORD, COMPLETE, FAIL, START, STOP},
};
use crate::{
    directive::id_of,
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    quota::Stored,
    read::row::Id,
    scalar::Uuid,
    schema::meeting::{Meeting, actions::LINK_SESSION},
    schema::mutation_field::{MutationField, field},
    schema::payload::ObjectOutcome,
    schema::workspace::actions::CREATE_SESSION,
    write::action::{Action, Resource},
    write::input::Command,
    write::limit::{Declared, Limit},
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

/// Creates a pending session, owned by the viewer.
#[derive(InputObject)]
pub(crate) struct SessionCreateInput {
    /// The ID of the meeting to transcribe. The meeting must not have a session yet, and the viewer
    /// must be allowed to run it. A session can also be linked later, with `meetingStart`.
    #[graphql(directive = id_of::apply(Id::<Meeting>::of()))]
    meeting_id: Option<Id<Meeting>>,
    /// The session's UUID, which clients and recorders use to identify it. If omitted, a random
    /// UUID is generated.
    external_id: Option<Uuid>,
    /// The spoken language, as a language code such as `en`. At most 10 characters; must not be
    /// blank.
    #[graphql(default = "en", directive = Declared::apply(Limit::LANGUAGE))]
    language: String,
    /// Whether voice activity detection is on.
    #[graphql(default = true)]
    vad_enabled: bool,
    /// Idempotency key chosen by the client, up to 128 characters. Repeating the call with the same
    /// key and input within a week returns the object created the first time.
    #[graphql(directive = Declared::apply(Limit::IDEMPOTENCY_KEY))]
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
        let language = tx.text(&self.language, Limit::LANGUAGE, "language");
        if let Some(Uuid(id)) = &self.external_id {
            check_unused(tx, id).await?;
        }
        tx.ensure_valid()?;
        tx.grow(Stored::rows(1))?;
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
            tx.update(meeting).await?;
        }
        Ok(ObjectOutcome::new(session))
    }
}

async fn check_unused(tx: &mut Transaction, external_id: &str) -> Result<(), DbErr> {
    let found: Option<i32> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::ExternalId.eq(external_id))
        .into_tuple()
        .one(tx.connection())
        .await?;
    if found.is_some() {
        tx.add_problem(UserError::new(
            UserErrorCode::Taken,
            ["externalId"],
            "A session with this UUID already exists.",
        ));
    }
    Ok(())
}

/// A session that is about to be created, owned by the viewer.
pub(crate) struct NewSession {
    external_id: Option<Uuid>,
    status: Status,
    language: String,
    vad_enabled: bool,
    started_at: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
}

impl NewSession {
    /// A session that is not recording yet.
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

    /// A session that is recording.
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

/// Starts recording a session.
#[derive(InputObject)]
pub(crate) struct SessionStartInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    id: Id<Session>,
}

impl Command for SessionStartInput {
    const NAME: &'static str = "sessionStart";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = lock_for_action(tx, &START, &self.id).await?;
        Ok(ObjectOutcome::new(start_recording(tx, session).await?))
    }
}

/// Stops recording a session. Its status becomes `PROCESSING`.
#[derive(InputObject)]
pub(crate) struct SessionStopInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    id: Id<Session>,
}

impl Command for SessionStopInput {
    const NAME: &'static str = "sessionStop";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = lock_for_action(tx, &STOP, &self.id).await?;
        Ok(ObjectOutcome::new(stop_recording(tx, session).await?))
    }
}

/// Completes a session. No more segments can be appended to its transcript.
#[derive(InputObject)]
pub(crate) struct SessionCompleteInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    id: Id<Session>,
}

impl Command for SessionCompleteInput {
    const NAME: &'static str = "sessionComplete";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let mut session = lock_for_action(tx, &COMPLETE, &self.id)
            .await?
            .into_active_model();
        session.status = Set(Some(Status::Completed));
        Ok(ObjectOutcome::new(tx.update(session).await?))
    }
}

/// Marks a session as failed. Its transcript so far is kept.
#[derive(InputObject)]
pub(crate) struct SessionFailInput {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    id: Id<Session>,
}

impl Command for SessionFailInput {
    const NAME: &'static str = "sessionFail";

    type Outcome = ObjectOutcome<Session>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let session = lock_for_action(tx, &FAIL, &self.id).await?;
        let ended_at = session.ended_at.or(session.started_at.map(|_| tx.now()));
        let mut session = session.into_active_model();
        session.status = Set(Some(Status::Error));
        session.ended_at = Set(ended_at);
        Ok(ObjectOutcome::new(tx.update(session).await?))
    }
}

/// Locks the session, provided that the viewer may perform the action on it now.
async fn lock_for_action(
    tx: &mut Transaction,
    action: &Action<Session>,
    id: &Id<Session>,
) -> Result<session::Model, Abort> {
    let session = tx.lock_by_id_for(action, id).await?;
    tx.ensure_valid()?;
    Ok(session)
}

/// Gives a session without an owner to a user. Such a session is visible only through the linked
/// meeting, and would be lost if the link was removed.
pub(crate) async fn give_owner(
    tx: &Transaction,
    session: session::Model,
    user_id: i32,
) -> Result<(), Error> {
    if session.user_id.is_none() {
        let mut session = session.into_active_model();
        session.user_id = Set(Some(user_id));
        tx.update(session).await?;
    }
    Ok(())
}

/// Whether a session is recording or can still start.
pub(crate) fn can_record(session: &session::Model) -> bool {
    CAN_RECORD.contains(&Session::state(session))
}

/// Starts recording a pending session. A session that is already recording stays unchanged.
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
    tx.update(session).await
}

/// Stops recording a session.
pub(crate) async fn stop_recording(
    tx: &Transaction,
    session: session::Model,
) -> Result<session::Model, Error> {
    // If the clock was set back, the end must still not be before the start.
    let ended_at = session
        .started_at
        .map_or(tx.now(), |start| start.max(tx.now()));
    let mut session = session.into_active_model();
    session.status = Set(Some(Status::Processing));
    session.ended_at = Set(Some(ended_at));
    tx.update(session).await
}
