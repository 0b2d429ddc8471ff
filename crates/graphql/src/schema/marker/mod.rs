//! `Marker`: the type, its fields and its relations.

pub(crate) mod actions;
pub(crate) mod enums;
pub(crate) mod inputs;
pub(crate) mod mutations;
mod segment_at;

use std::sync::Arc;

use async_graphql::Context;
use entity::{marker, session, user};

use segment_at::SegmentAt;

use self::enums::MarkerType;
use crate::{
    directive::cost, error::Error, read::context::ContextExt, scalar::DateTime,
    schema::object::object, schema::segment::Segment, schema::session::Session, schema::user::User,
    table::Fields, write::ability::Abilities,
};

object! {
    /// A moment that a user marked in a transcript.
    Marker of marker;
    columns {
        /// What sort of moment it is.
        kind as "type": MarkerType;
        /// What the user noted.
        content: &str;
        /// Its position in the recording, in milliseconds.
        timestamp: Option<i32>;
        /// Who was speaking. At most 50 characters.
        speaker: Option<&str>;
        /// When it was marked.
        created_at: DateTime;
    }
    required {
        /// The session that it marks.
        session: Session = SESSION<String>(session_id -> session::Column::ExternalId);
    }
    optional {
        /// Who marked it. Null where that is nobody of the viewer's workspace.
        user: User = USER(user_id -> user::Column::Id);
    }
    fields {
        /// The segment that was being spoken: the last one that begins at or before the marker. Null
        /// for a marker without a position, and before the first segment.
        #[graphql(directive = cost::apply(Some(1), Some(1)))]
        async fn segment(&self, ctx: &Context<'_>) -> Option<Result<Segment, Error>> {
            let key = SegmentAt::of(&self.0)?;
            match ctx.loaders().load_one(key).await {
                Ok(segment) => segment.map(|row| Ok(row.into())),
                Err(error) => Some(Err(error)),
            }
        }

        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}
