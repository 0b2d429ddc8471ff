//! `Session`: the type, its fields and its relations.

mod actions;
mod inputs;
mod mutations;

pub(crate) use actions::{APPEND_SEGMENTS, CORRECT_SEGMENTS, MARK, RECORD_MEETING};
pub use inputs::{SessionStatus, SessionWhere};
pub(crate) use mutations::{
    LANGUAGE, MUTATIONS, NewSession, can_record, give_owner, start_recording, stop_recording,
};

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{marker, meeting, segment, session, user};

use crate::{
    error::Error,
    read::context::ContextExt,
    read::key::ToOne,
    read::page::lists::{HasLists, List, Lists},
    read::relation::Relation,
    read::row::Row,
    scalar::{DateTime, Uuid},
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::segment::Segment,
    schema::user::User,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

/// A transcription session: one recording and its transcript. It belongs to the workspace of
/// its user or, without one, to that of the meeting which links it.
#[derive(Clone)]
pub struct Session(pub(crate) Arc<session::Model>);

impl From<Arc<session::Model>> for Session {
    fn from(row: Arc<session::Model>) -> Self {
        Self(row)
    }
}

impl Row for Session {
    type Entity = session::Entity;

    const NAME: &'static str = "Session";
    const ID: session::Column = session::Column::Id;

    fn database_id(row: &session::Model) -> i32 {
        row.id
    }
}

/// A transcription session: one recording and its transcript. It belongs to the workspace of
/// its user or, without one, to that of the meeting which links it.
#[Object]
impl Session {
    /// The global id: opaque, and good for `node`.
    pub(crate) async fn id(&self) -> ID {
        Self::global_id(&self.0)
    }

    /// The number of the object in its table.
    pub(crate) async fn database_id(&self) -> i32 {
        self.0.id
    }

    /// The UUID by which clients and recorders know it.
    fn external_id(&self) -> Uuid {
        Uuid(self.0.external_id.clone())
    }

    /// Where it is in its life.
    fn status(&self) -> SessionStatus {
        self.0.status.unwrap_or_default().into()
    }

    /// Language code of what is spoken, such as `en`. At most 10 characters.
    fn language(&self) -> &str {
        self.0.language.as_deref().unwrap_or("en")
    }

    /// Whether voice activity detection is on.
    fn vad_enabled(&self) -> bool {
        self.0.vad_enabled.unwrap_or(true)
    }

    /// When recording began.
    fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(DateTime)
    }

    /// When recording ended.
    fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// When it was made.
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.unwrap_or_default())
    }

    /// Who owns it. Null where that is nobody of the viewer's workspace.
    async fn user(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
        ctx.one(&USER, self).await
    }

    /// The meeting that it transcribes, if it is linked to one.
    async fn meeting(&self, ctx: &Context<'_>) -> Option<Result<Meeting, Error>> {
        ctx.one(&MEETING, self).await
    }

    #[graphql(flatten)]
    fn lists(&self) -> Fields<Lists<Self>> {
        Fields(Lists(self.clone()))
    }

    /// The states to which it can go from where it is, whoever may bring it there.
    async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<SessionStatus>, Error> {
        allowed_transitions::<Self, _>(ctx, &self.0).await
    }

    #[graphql(flatten)]
    fn abilities(&self) -> Fields<Abilities<Self>> {
        Fields(Abilities(Arc::clone(&self.0)))
    }
}

impl HasLists for Session {
    const TYPE_NAME: &'static str = Self::NAME;
    const LISTS: &'static [List<Self>] = &[
        List::of(&SEGMENTS, "segments", "The transcript, segment by segment."),
        List::of(&MARKERS, "markers", "The moments marked in it."),
    ];
}

/// `Session.user`.
static USER: Relation<Session, User> = Relation::new(user::Column::Id, |session| session.0.user_id);

/// `Session.meeting`.
static MEETING: Relation<Session, Meeting, String> =
    Relation::new(meeting::Column::SessionId, |session| {
        Some(session.0.external_id.clone())
    });

/// `Session.segments`.
static SEGMENTS: Relation<Session, Segment> =
    Relation::new(segment::Column::SessionId, |session| Some(session.0.id));

/// `Session.markers`.
static MARKERS: Relation<Session, Marker, String> =
    Relation::new(marker::Column::SessionId, |session| {
        Some(session.0.external_id.clone())
    });

/// The root to Session: `session(externalId:)`.
pub(crate) static BY_EXTERNAL_ID: Relation<String, Session, String> =
    Relation::new(session::Column::ExternalId, |external_id| {
        Some(external_id.clone())
    });

/// What is to be loaded for the meeting of the session with this external id.
pub(crate) fn meeting_of(external_id: String) -> ToOne<Meeting, String> {
    ToOne(MEETING.by(external_id))
}
