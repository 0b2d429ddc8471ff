//! `Participant`: the type, its fields and its relations.

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
    schema::meeting::Meeting,
    schema::object::object,
    schema::user::User,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

object! {
    /// A user's part in a meeting. There is at most one for the two.
    Participant of participant;
    columns {
        /// What they do in the meeting.
        role: ParticipantRole;
        /// How they answered, and whether they came.
        status: ParticipantStatus;
        /// When they joined.
        joined_at: Option<DateTime>;
        /// When they left.
        left_at: Option<DateTime>;
        /// When they were invited.
        created_at: DateTime;
    }
    required {
        /// The meeting.
        meeting: Meeting = MEETING(meeting_id -> meeting::Column::Id);
    }
    optional {
        /// The user. Null where that is nobody of the viewer's workspace.
        user: User = USER(user_id -> user::Column::Id);
    }
    fields {
        /// The states to which it can go from where it and the meeting are, whoever may bring it there.
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
