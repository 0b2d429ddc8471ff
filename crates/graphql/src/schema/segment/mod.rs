//! `Segment`: the type, its fields and its relations.

pub(crate) mod append;
pub(crate) mod enums;
pub(crate) mod import;
pub(crate) mod inputs;
pub(crate) mod mutations;
pub(crate) mod slice;
pub(crate) mod upload;
mod versions;

use async_graphql::Context;
use entity::{segment, session};

use self::enums::SegmentKind;
use crate::{
    directive::{cost, per_viewer, shared_statement},
    error::Error,
    read::context::ContextExt,
    scalar::{DateTime, Float},
    schema::object::object,
    schema::session::{Session, actions::CORRECT_SEGMENTS, speakers},
    schema::user::User,
    write::ability::can,
};

object! {
    /// A stretch of transcribed speech.
    Segment of segment;
    columns {
        /// The spoken text.
        text: &str;
        /// The transcriber's confidence in the text, from 0 to 1. Null if unknown.
        confidence: Option<Float>;
        /// Where the segment starts, in milliseconds from the start of the recording. Null if
        /// unknown.
        start_ms: Option<i32>;
        /// Where the segment ends, in milliseconds from the start of the recording. Null if
        /// unknown.
        end_ms: Option<i32>;
        /// The speaker, as named by the transcriber or the import. At most 50 characters. Null if
        /// unknown.
        speaker: Option<&str>;
        /// The language detected in this segment, as a language code such as `en`. At most 10
        /// characters. Null if unknown.
        language: Option<&str>;
        /// How final the text is.
        kind: SegmentKind;
        /// When the segment was created.
        created_at: DateTime;
    }
    required {
        /// The session the segment belongs to.
        session: Session = SESSION(session_id -> session::Column::Id);
    }
    fields {
        /// The user that the speaker is. Null if the speaker is unknown, if nobody has said with
        /// `speakerAssign` who it is, or if that user is not in the viewer's workspace.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn speaker_user(&self, ctx: &Context<'_>) -> Option<Result<User, Error>> {
            speakers::speaker_user(ctx, self).await
        }

        /// Whether the viewer may correct this segment.
        #[graphql(
            directive = cost::apply(Some(1), None),
            directive = shared_statement::apply(),
            directive = per_viewer::apply()
        )]
        async fn viewer_can_correct(&self, ctx: &Context<'_>) -> Result<bool, Error> {
            let session = ctx.required(&SESSION, self).await?;
            can(ctx, &CORRECT_SEGMENTS, &session.0).await
        }
    }
}
