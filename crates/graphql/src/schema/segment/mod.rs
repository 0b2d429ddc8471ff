//! `Segment`: the type, its fields and its relations.

mod append;
mod inputs;
mod mutations;
mod versions;

pub use inputs::{SegmentKind, SegmentWhere};
pub(crate) use mutations::{MUTATIONS, SPEAKER};

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{segment, session};

use crate::{
    error::Error,
    read::context::ContextExt,
    read::relation::Relation,
    read::row::Row,
    scalar::DateTime,
    schema::session::{CORRECT_SEGMENTS, Session},
    write::ability::can,
};

/// A stretch of transcribed speech.
#[derive(Clone)]
pub struct Segment(pub(crate) Arc<segment::Model>);

impl From<Arc<segment::Model>> for Segment {
    fn from(row: Arc<segment::Model>) -> Self {
        Self(row)
    }
}

impl Row for Segment {
    type Entity = segment::Entity;

    const NAME: &'static str = "Segment";
    const ID: segment::Column = segment::Column::Id;

    fn database_id(row: &segment::Model) -> i32 {
        row.id
    }
}

/// A stretch of transcribed speech.
#[Object]
impl Segment {
    /// The global id: opaque, and good for `node`.
    pub(crate) async fn id(&self) -> ID {
        Self::global_id(&self.0)
    }

    /// The number of the object in its table.
    pub(crate) async fn database_id(&self) -> i32 {
        self.0.id
    }

    /// What was said.
    fn text(&self) -> &str {
        &self.0.text
    }

    /// How sure the transcriber is, from 0 to 1.
    fn confidence(&self) -> Option<f64> {
        self.0.confidence
    }

    /// Where it begins, in milliseconds from the start of the recording.
    fn start_ms(&self) -> Option<i32> {
        self.0.start_ms
    }

    /// Where it ends, in milliseconds from the start of the recording.
    fn end_ms(&self) -> Option<i32> {
        self.0.end_ms
    }

    /// Who speaks, as the transcriber or the import named them. At most 50 characters.
    fn speaker(&self) -> Option<&str> {
        self.0.speaker.as_deref()
    }

    /// Language code as detected in this stretch. At most 10 characters.
    fn language(&self) -> Option<&str> {
        self.0.language.as_deref()
    }

    /// How settled the text is.
    fn kind(&self) -> SegmentKind {
        self.0.kind.unwrap_or_default().into()
    }

    /// When it was stored.
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.unwrap_or_default())
    }

    /// The session that it belongs to.
    async fn session(&self, ctx: &Context<'_>) -> Result<Session, Error> {
        ctx.required(&SESSION, self).await
    }

    /// Whether the viewer may correct it.
    async fn viewer_can_correct(&self, ctx: &Context<'_>) -> Result<bool, Error> {
        let session = ctx.required(&SESSION, self).await?;
        can(ctx, &CORRECT_SEGMENTS, &session.0).await
    }
}

/// `Segment.session`.
static SESSION: Relation<Segment, Session> =
    Relation::new(session::Column::Id, |segment| Some(segment.0.session_id));
