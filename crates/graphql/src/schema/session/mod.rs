//! `Session`: the type, its fields and its relations.

pub(crate) mod actions;
pub(crate) mod enums;
pub(crate) mod inputs;
pub(crate) mod mutations;

use std::sync::Arc;

use async_graphql::Context;
use entity::{marker, meeting, segment, session, user};

use self::enums::SessionStatus;
use crate::{
    directive::shared_statement,
    error::Error,
    read::key::ToOne,
    read::relation::Relation,
    scalar::{DateTime, Uuid},
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::object::object,
    schema::segment::Segment,
    schema::user::User,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

object! {
    /// A transcription session: one recording and its transcript. It belongs to the workspace of
    /// its user or, without one, to that of the meeting which links it.
    Session of session;
    columns {
        /// The UUID by which clients and recorders know it.
        external_id: Uuid;
        /// Where it is in its life.
        status: SessionStatus;
        /// Language code of what is spoken, such as `en`. At most 10 characters.
        language: &str = "en";
        /// Whether voice activity detection is on.
        vad_enabled: bool = true;
        /// When recording began.
        started_at: Option<DateTime>;
        /// When recording ended.
        ended_at: Option<DateTime>;
        /// When it was made.
        created_at: DateTime;
    }
    optional {
        /// Who owns it. Null where that is nobody of the viewer's workspace.
        user: User = USER(user_id -> user::Column::Id);
        /// The meeting that it transcribes, if it is linked to one.
        meeting: Meeting = MEETING<String>(external_id -> meeting::Column::SessionId);
    }
    lists {
        /// The transcript, segment by segment.
        segments: Segment = SEGMENTS(id -> segment::Column::SessionId);
        /// The moments marked in it.
        markers: Marker = MARKERS<String>(external_id -> marker::Column::SessionId);
    }
    fields {
        /// The states to which it can go from where it is, whoever may bring it there.
        #[graphql(directive = shared_statement::apply())]
        async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<SessionStatus>, Error> {
            allowed_transitions::<Self, _>(ctx, &self.0).await
        }

        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}

/// The root to Session: `session(externalId:)`.
pub(crate) static BY_EXTERNAL_ID: Relation<String, Session, String> =
    Relation::new(session::Column::ExternalId, |external_id| {
        Some(external_id.clone())
    });

/// What is to be loaded for the meeting of the session with this external id.
pub(crate) fn meeting_of(external_id: String) -> ToOne<Meeting, String> {
    ToOne(MEETING.by(external_id))
}
