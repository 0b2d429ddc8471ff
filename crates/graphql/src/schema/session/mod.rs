//! `Session`: the type, its fields and its relations.

pub(crate) mod actions;
pub(crate) mod enums;
pub(crate) mod erasure;
pub(crate) mod inputs;
pub(crate) mod mutations;
pub(crate) mod speakers;
pub(crate) mod transcript;

use std::sync::Arc;

use async_graphql::Context;
use entity::{marker, meeting, segment, session, user};

use self::{
    enums::SessionStatus,
    speakers::Speaker,
    transcript::{TranscriptFormat, text},
};
use crate::{
    directive::{cost, page, shared_statement},
    error::Error,
    read::key::ToOne,
    read::page::items::Items,
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
    /// A transcription session: one recording and its transcript. A session belongs to the
    /// workspace of its owner or, if it has no owner, to that of the linked meeting.
    Session of session;
    columns {
        /// The session's UUID, which clients and recorders use to identify it.
        external_id: Uuid;
        /// The current status.
        status: SessionStatus;
        /// The spoken language, as a language code such as `en`. At most 10 characters.
        language: &str = "en";
        /// Whether voice activity detection is on.
        vad_enabled: bool = true;
        /// When the recording started. Null if it has not started.
        started_at: Option<DateTime>;
        /// When the recording ended. Null if it has not ended.
        ended_at: Option<DateTime>;
        /// When the session was created.
        created_at: DateTime;
    }
    optional {
        /// The session's owner. Null if there is none, or if that user is not in the viewer's
        /// workspace.
        user: User = USER(user_id -> user::Column::Id);
        /// The linked meeting, which this session transcribes. Null if there is none.
        meeting: Meeting = MEETING<String>(external_id -> meeting::Column::SessionId);
    }
    lists {
        /// The segments of the transcript.
        segments: Segment = SEGMENTS(id -> segment::Column::SessionId);
        /// The markers in this session.
        markers: Marker = MARKERS<String>(external_id -> marker::Column::SessionId);
    }
    fields {
        /// The statuses that this session can move to from its current one. Whether the viewer may
        /// make the change is in the `viewerCan…` fields.
        #[graphql(directive = shared_statement::apply())]
        async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<SessionStatus>, Error> {
            allowed_transitions::<Self, _>(ctx, &self.0).await
        }

        /// The speakers of the transcript, in the order in which they first speak. Segments without a
        /// speaker have none here.
        #[graphql(
            directive = cost::apply(Some(1), Some(speakers::ROWS)),
            directive = page::apply(
                speakers::DEFAULT_SPEAKERS,
                speakers::MAX_SPEAKERS,
                None,
                None,
                None,
                Some(speakers::ROWS_PER_SPEAKER)
            )
        )]
        async fn speakers(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many speakers to return, from the start of the list.")]
            first: Option<i32>,
        ) -> Result<Items<Speaker>, Error> {
            speakers::speakers(ctx, self, first).await
        }

        /// The transcript as the text of a file, for transcripts of at most `first` segments. Longer
        /// ones are an error: request more, or download the file from `/sessions/{id}/transcript.vtt`, with a
        /// bearer token or a link of `transcriptLinkCreate`. Files name at most 200 participants and 500 markers.
        #[graphql(
            directive = cost::apply(Some(text::STATEMENTS), Some(text::OTHER_ROWS)),
            directive = page::apply(
                text::DEFAULT_SEGMENTS.into(),
                text::MAX_SEGMENTS.into(),
                None,
                None,
                None,
                None
            )
        )]
        async fn transcript_text(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The file format.", default_with = "TranscriptFormat::Webvtt")]
            format: TranscriptFormat,
            #[graphql(desc = "The most segments that the transcript may have.")]
            first: Option<i32>,
        ) -> Option<Result<String, Error>> {
            Some(text::text(ctx, self, format, first).await)
        }

        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}

/// The relation behind `session(externalId:)`.
pub(crate) static BY_EXTERNAL_ID: Relation<String, Session, String> =
    Relation::new(session::Column::ExternalId, |external_id| {
        Some(external_id.clone())
    });

/// The key that loads the meeting linked to the session with this external ID.
pub(crate) fn meeting_of(external_id: String) -> ToOne<Meeting, String> {
    ToOne(MEETING.by(external_id))
}
