//! `Marker`: the type, its fields and its relations.

mod actions;
mod inputs;
mod mutations;
mod segment_at;

pub use inputs::{MarkerType, MarkerWhere};
pub(crate) use mutations::MUTATIONS;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{marker, session, user};

use segment_at::SegmentAt;

use crate::{
    error::Error, read::context::ContextExt, read::relation::Relation, read::row::Row,
    scalar::DateTime, schema::segment::Segment, schema::session::Session, schema::user::User,
    table::Fields, write::ability::Abilities,
};

/// A moment that a user marked in a transcript.
#[derive(Clone)]
pub struct Marker(pub(crate) Arc<marker::Model>);

impl From<Arc<marker::Model>> for Marker {
    fn from(row: Arc<marker::Model>) -> Self {
        Self(row)
    }
}

impl Row for Marker {
    type Entity = marker::Entity;

    const NAME: &'static str = "Marker";
    const ID: marker::Column = marker::Column::Id;

    fn database_id(row: &marker::Model) -> i32 {
        row.id
    }
}

/// A moment that a user marked in a transcript.
#[Object]
impl Marker {
    /// The global id: opaque, and good for `node`.
    pub(crate) async fn id(&self) -> ID {
        Self::global_id(&self.0)
    }

    /// The number of the object in its table.
    pub(crate) async fn database_id(&self) -> i32 {
        self.0.id
    }

    /// What sort of moment it is.
    fn r#type(&self) -> MarkerType {
        self.0.kind.into()
    }

    /// What the user noted.
    fn content(&self) -> &str {
        &self.0.content
    }

    /// Its position in the recording, in milliseconds.
    fn timestamp(&self) -> Option<i32> {
        self.0.timestamp
    }

    /// Who was speaking. At most 50 characters.
    fn speaker(&self) -> Option<&str> {
        self.0.speaker.as_deref()
    }

    /// When it was marked.
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.unwrap_or_default())
    }

    /// The session that it marks.
    async fn session(&self, ctx: &Context<'_>) -> Result<Session, Error> {
        ctx.required(&SESSION, self).await
    }

    /// The segment that was being spoken: the last one that begins at or before the marker. Null
    /// for a marker without a position, and before the first segment.
    async fn segment(&self, ctx: &Context<'_>) -> Option<Result<Segment, Error>> {
        let key = SegmentAt::of(&self.0)?;
        match ctx.loaders().load_one(key).await {
            Ok(segment) => segment.map(|row| Ok(row.into())),
            Err(error) => Some(Err(error)),
        }
    }

    /// Who marked it. Null where that is nobody of the viewer's workspace.
    async fn user(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
        ctx.one(&USER, self).await
    }

    #[graphql(flatten)]
    fn abilities(&self) -> Fields<Abilities<Self>> {
        Fields(Abilities(Arc::clone(&self.0)))
    }
}

/// `Marker.session`.
static SESSION: Relation<Marker, Session, String> =
    Relation::new(session::Column::ExternalId, |marker| {
        Some(marker.0.session_id.clone())
    });

/// `Marker.user`.
static USER: Relation<Marker, User> =
    Relation::new(user::Column::Id, |marker| Some(marker.0.user_id));
