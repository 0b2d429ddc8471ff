//! `Meeting`: the type, its fields and its relations.

pub(crate) mod actions;
pub(crate) mod enums;
pub(crate) mod inputs;
mod lookup;
pub(crate) mod mutations;

use std::sync::Arc;

use async_graphql::Context;
use entity::{analytics, meeting, participant, session, task, user, workspace};

use self::enums::MeetingStatus;
use crate::{
    directive::shared_statement,
    error::Error,
    scalar::DateTime,
    schema::analytics::Analytics,
    schema::object::object,
    schema::participant::Participant,
    schema::session::Session,
    schema::task::Task,
    schema::user::User,
    schema::workspace::Workspace,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

object! {
    /// A meeting: its plan, its state, and all that came of it.
    Meeting of meeting;
    columns {
        /// What it is about. At most 255 characters.
        title: &str;
        /// More about it.
        description: Option<&str>;
        /// Where it is in its life.
        status: MeetingStatus;
        /// When it is to begin.
        scheduled_start: Option<DateTime>;
        /// When it is to end.
        scheduled_end: Option<DateTime>;
        /// When it was made.
        created_at: DateTime;
        /// When it last changed.
        updated_at: DateTime;
    }
    required {
        /// The workspace that it belongs to.
        workspace: Workspace = WORKSPACE(workspace_id -> workspace::Column::Id);
    }
    optional {
        /// Who runs it. Null where that is nobody of the viewer's workspace.
        organizer: User = ORGANIZER(organizer_id -> user::Column::Id);
        /// The session that transcribes it, if one is linked.
        session: Session = SESSION<String>(session_id -> session::Column::ExternalId);
        /// What analysis found in it, if any was asked for.
        analytics: Analytics = ANALYTICS(id -> analytics::Column::MeetingId);
    }
    lists {
        /// The action items that came of it.
        tasks: Task = TASKS(id -> task::Column::MeetingId);
        /// Who is invited, and how they answered.
        participants: Participant = PARTICIPANTS(id -> participant::Column::MeetingId);
    }
    fields {
        /// The states to which it can go from where it is, whoever may bring it there.
        #[graphql(directive = shared_statement::apply())]
        async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<MeetingStatus>, Error> {
            allowed_transitions::<Self, _>(ctx, &self.0).await
        }

        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}
