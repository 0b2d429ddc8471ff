//! `Participant`: the type, its fields and its relations.

mod actions;
mod inputs;
mod mutations;

pub use inputs::{ParticipantRole, ParticipantStatus, ParticipantWhere};
pub(crate) use mutations::MUTATIONS;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{meeting, participant, user};

use crate::{
    error::Error,
    read::context::ContextExt,
    read::relation::Relation,
    read::row::Row,
    scalar::DateTime,
    schema::meeting::Meeting,
    schema::user::User,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

/// A user's part in a meeting. There is at most one for the two.
#[derive(Clone)]
pub struct Participant(pub(crate) Arc<participant::Model>);

impl From<Arc<participant::Model>> for Participant {
    fn from(row: Arc<participant::Model>) -> Self {
        Self(row)
    }
}

impl Row for Participant {
    type Entity = participant::Entity;

    const NAME: &'static str = "Participant";
    const ID: participant::Column = participant::Column::Id;

    fn database_id(row: &participant::Model) -> i32 {
        row.id
    }
}

/// A user's part in a meeting. There is at most one for the two.
#[Object]
impl Participant {
    /// The global id: opaque, and good for `node`.
    pub(crate) async fn id(&self) -> ID {
        Self::global_id(&self.0)
    }

    /// The number of the object in its table.
    pub(crate) async fn database_id(&self) -> i32 {
        self.0.id
    }

    /// What they do in the meeting.
    fn role(&self) -> ParticipantRole {
        self.0.role.unwrap_or_default().into()
    }

    /// How they answered, and whether they came.
    fn status(&self) -> ParticipantStatus {
        self.0.status.unwrap_or_default().into()
    }

    /// When they joined.
    fn joined_at(&self) -> Option<DateTime> {
        self.0.joined_at.map(DateTime)
    }

    /// When they left.
    fn left_at(&self) -> Option<DateTime> {
        self.0.left_at.map(DateTime)
    }

    /// When they were invited.
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.unwrap_or_default())
    }

    /// The meeting.
    async fn meeting(&self, ctx: &Context<'_>) -> Result<Meeting, Error> {
        ctx.required(&MEETING, self).await
    }

    /// The user. Null where that is nobody of the viewer's workspace.
    async fn user(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
        ctx.one(&USER, self).await
    }

    /// The states to which it can go from where it and the meeting are, whoever may bring it there.
    async fn allowed_transitions(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Vec<ParticipantStatus>, Error> {
        allowed_transitions::<Self, _>(ctx, &self.0).await
    }

    #[graphql(flatten)]
    fn abilities(&self) -> Fields<Abilities<Self>> {
        Fields(Abilities(Arc::clone(&self.0)))
    }
}

/// `Participant.meeting`.
static MEETING: Relation<Participant, Meeting> =
    Relation::new(meeting::Column::Id, |participant| {
        Some(participant.0.meeting_id)
    });

/// `Participant.user`.
static USER: Relation<Participant, User> =
    Relation::new(user::Column::Id, |participant| Some(participant.0.user_id));
