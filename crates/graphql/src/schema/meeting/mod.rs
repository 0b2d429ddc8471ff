//! `Meeting`: the type, its fields and its relations.

mod actions;
mod inputs;
mod lookup;
mod mutations;

pub(crate) use actions::{CREATE_TASK, INVITE, LINK_SESSION, OPEN, REQUEST_ANALYTICS};
pub use inputs::{MeetingStatus, MeetingWhere};
pub(crate) use mutations::MUTATIONS;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{analytics, meeting, participant, session, task, user, workspace};

use crate::{
    error::Error,
    read::context::ContextExt,
    read::page::lists::{HasLists, List, Lists},
    read::relation::Relation,
    read::row::Row,
    scalar::DateTime,
    schema::analytics::Analytics,
    schema::participant::Participant,
    schema::session::Session,
    schema::task::Task,
    schema::user::User,
    schema::workspace::Workspace,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

/// A meeting: its plan, its state, and all that came of it.
#[derive(Clone)]
pub struct Meeting(pub(crate) Arc<meeting::Model>);

impl From<Arc<meeting::Model>> for Meeting {
    fn from(row: Arc<meeting::Model>) -> Self {
        Self(row)
    }
}

impl Row for Meeting {
    type Entity = meeting::Entity;

    const NAME: &'static str = "Meeting";
    const ID: meeting::Column = meeting::Column::Id;

    fn database_id(row: &meeting::Model) -> i32 {
        row.id
    }
}

/// A meeting: its plan, its state, and all that came of it.
#[Object]
impl Meeting {
    /// The global id: opaque, and good for `node`.
    pub(crate) async fn id(&self) -> ID {
        Self::global_id(&self.0)
    }

    /// The number of the object in its table.
    pub(crate) async fn database_id(&self) -> i32 {
        self.0.id
    }

    /// What it is about. At most 255 characters.
    fn title(&self) -> &str {
        &self.0.title
    }

    /// More about it.
    fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Where it is in its life.
    fn status(&self) -> MeetingStatus {
        self.0.status.unwrap_or_default().into()
    }

    /// When it is to begin.
    fn scheduled_start(&self) -> Option<DateTime> {
        self.0.scheduled_start.map(DateTime)
    }

    /// When it is to end.
    fn scheduled_end(&self) -> Option<DateTime> {
        self.0.scheduled_end.map(DateTime)
    }

    /// When it was made.
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.unwrap_or_default())
    }

    /// When it last changed.
    fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.unwrap_or_default())
    }

    /// The workspace that it belongs to.
    async fn workspace(&self, ctx: &Context<'_>) -> Result<Workspace, Error> {
        ctx.required(&WORKSPACE, self).await
    }

    /// Who runs it. Null where that is nobody of the viewer's workspace.
    async fn organizer(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
        ctx.one(&ORGANIZER, self).await
    }

    /// The session that transcribes it, if one is linked.
    async fn session(&self, ctx: &Context<'_>) -> Option<Result<Session, Error>> {
        ctx.one(&SESSION, self).await
    }

    /// What analysis found in it, if any was asked for.
    async fn analytics(&self, ctx: &Context<'_>) -> Option<Result<Analytics, Error>> {
        ctx.one(&ANALYTICS, self).await
    }

    #[graphql(flatten)]
    fn lists(&self) -> Fields<Lists<Self>> {
        Fields(Lists(self.clone()))
    }

    /// The states to which it can go from where it is, whoever may bring it there.
    async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<MeetingStatus>, Error> {
        allowed_transitions::<Self, _>(ctx, &self.0).await
    }

    #[graphql(flatten)]
    fn abilities(&self) -> Fields<Abilities<Self>> {
        Fields(Abilities(Arc::clone(&self.0)))
    }
}

impl HasLists for Meeting {
    const TYPE_NAME: &'static str = Self::NAME;
    const LISTS: &'static [List<Self>] = &[
        List::of(&TASKS, "tasks", "The action items that came of it."),
        List::of(
            &PARTICIPANTS,
            "participants",
            "Who is invited, and how they answered.",
        ),
    ];
}

/// `Meeting.workspace`.
static WORKSPACE: Relation<Meeting, Workspace> = Relation::new(workspace::Column::Id, |meeting| {
    Some(meeting.0.workspace_id)
});

/// `Meeting.organizer`.
static ORGANIZER: Relation<Meeting, User> =
    Relation::new(user::Column::Id, |meeting| Some(meeting.0.organizer_id));

/// `Meeting.session`.
static SESSION: Relation<Meeting, Session, String> =
    Relation::new(session::Column::ExternalId, |meeting| {
        meeting.0.session_id.clone()
    });

/// `Meeting.analytics`.
static ANALYTICS: Relation<Meeting, Analytics> =
    Relation::new(analytics::Column::MeetingId, |meeting| Some(meeting.0.id));

/// `Meeting.tasks`.
static TASKS: Relation<Meeting, Task> =
    Relation::new(task::Column::MeetingId, |meeting| Some(meeting.0.id));

/// `Meeting.participants`.
static PARTICIPANTS: Relation<Meeting, Participant> =
    Relation::new(participant::Column::MeetingId, |meeting| Some(meeting.0.id));
