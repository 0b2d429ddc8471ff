//! `Segment`: the type, its fields and its relations.

pub(crate) mod append;
pub(crate) mod enums;
pub(crate) mod inputs;
pub(crate) mod mutations;
mod versions;

use async_graphql::Context;
use entity::{segment, session};

use self::enums::SegmentKind;
use crate::{
    directive::{cost, per_viewer, shared_statement},
    error::Error,
    read::context::ContextExt,
    scalar::DateTime,
    schema::object::object,
    schema::session::{Session, actions::CORRECT_SEGMENTS},
    write::ability::can,
    write::text::Limit,
};

object! {
    /// A stretch of transcribed speech.
    Segment of segment;
    columns {
        /// What was said.
        text: &str;
        /// How sure the transcriber is, from 0 to 1.
        confidence: Option<f64>;
        /// Where it begins, in milliseconds from the start of the recording.
        start_ms: Option<i32>;
        /// Where it ends, in milliseconds from the start of the recording.
        end_ms: Option<i32>;
        /// Who speaks, as the transcriber or the import named them. At most 50 characters.
        speaker: Option<&str>;
        /// Language code as detected in this stretch. At most 10 characters.
        language: Option<&str>;
        /// How settled the text is.
        kind: SegmentKind;
        /// When it was stored.
        created_at: DateTime;
    }
    required {
        /// The session that it belongs to.
        session: Session = SESSION(session_id -> session::Column::Id);
    }
    fields {
        /// Whether the viewer may correct it.
        #[graphql(
            directive = cost::apply(Some(1), Some(1)),
            directive = shared_statement::apply(),
            directive = per_viewer::apply()
        )]
        async fn viewer_can_correct(&self, ctx: &Context<'_>) -> Result<bool, Error> {
            let session = ctx.required(&SESSION, self).await?;
            can(ctx, &CORRECT_SEGMENTS, &session.0).await
        }
    }
}

/// The longest name of a speaker, in characters.
pub(crate) const SPEAKER: Limit = Limit::name(50);
