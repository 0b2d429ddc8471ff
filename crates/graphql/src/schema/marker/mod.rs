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
    /// A moment in a transcript, marked by a user.
    Marker of marker;
    columns {
        /// The marker's type.
        kind as "type": MarkerType;
        /// The author's note.
        content: &str;
        /// The position in the recording, in milliseconds from its start. Null if the marker has no
        /// position.
        timestamp as "atMs": Option<i32>;
        /// The person speaking at that moment. At most 50 characters. Null if unknown.
        speaker: Option<&str>;
        /// When the marker was created.
        created_at: DateTime;
    }
    required {
        /// The session the marker belongs to.
        session: Session = SESSION<String>(session_id -> session::Column::ExternalId);
    }
    optional {
        /// The marker's author. Null if that user is not in the viewer's workspace.
        user: User = USER(user_id -> user::Column::Id);
    }
    fields {
        /// The position in the recording, in milliseconds from its start. Null if the marker has no
        /// position.
        #[graphql(
            name = "timestamp",
            deprecation = "Use `atMs`, whose name says the unit."
        )]
        async fn deprecated_timestamp(&self) -> Option<i32> {
            self.0.timestamp
        }

        /// The segment being spoken at the marker: the last one that starts at or before the
        /// marker's position. Null if the marker has no position or is before the first segment.
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
