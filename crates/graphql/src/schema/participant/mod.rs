//! `Participant`: its fields and relations here; its filters, actions and mutations in the modules.

pub(crate) mod actions;
pub(crate) mod enums;
pub(crate) mod inputs;
pub(crate) mod mutations;

use std::sync::Arc;

use async_graphql::Context;
use entity::{meeting, participant, user};

use self::enums::{ParticipantRole, ParticipantStatus};
use crate::{
    directive::shared_statement,
    error::Error,
    scalar::DateTime,
    schema::{meeting::Meeting, object::object, user::User},
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

object! {
    /// A user's participation in a meeting. There is at most one per user and meeting.
    Participant of participant;
    columns {
        /// The participant's role in the meeting.
        role: ParticipantRole;
        /// The current status: how the participant responded, and whether they attended.
        status: ParticipantStatus;
        /// When the participant first joined the meeting. Null if they have not joined.
        joined_at: Option<DateTime>;
        /// When the participant last left the meeting. Null if they have not joined or are still in
        /// the meeting.
        left_at: Option<DateTime>;
        /// When the participant was invited.
        created_at: DateTime;
    }
    required {
        /// The meeting the participant is invited to.
        meeting: Meeting = MEETING(meeting_id -> meeting::Column::Id);
    }
    optional {
        /// The participating user. Null if that user is not in the viewer's workspace.
        user: User = USER(user_id -> user::Column::Id);
    }
    fields {
        /// The statuses that this participant can move to from the current one, given the meeting's
        /// status. Whether the viewer may make the change is in the `viewerCan…` fields.
        #[graphql(directive = shared_statement::apply())]
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
}
