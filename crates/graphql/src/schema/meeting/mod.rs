//! `Meeting`: its fields and relations here; its filters, actions and mutations in the modules.

pub(crate) mod actions;
mod changes;
pub(crate) mod enums;
pub(crate) mod inputs;
pub(crate) mod lifecycle;
mod lookup;
pub(crate) mod mutations;

use std::sync::Arc;

use async_graphql::Context;
use entity::{analytics, meeting, participant, session, task, user, workspace};

use self::enums::MeetingStatus;
use crate::{
    directive::{large, shared_statement},
    error::Error,
    scalar::DateTime,
    schema::{
        analytics::Analytics, object::object, participant::Participant, session::Session,
        task::Task, user::User, workspace::Workspace,
    },
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

object! {
    /// A meeting: its schedule, its status, its participants, and what resulted from it.
    Meeting of meeting;
    columns {
        /// The meeting's title. At most 255 characters.
        title: &str;
        /// A longer description. Null if there is none.
        #[graphql(directive = large::apply(None, None))]
        description: Option<&str>;
        /// The current status.
        status: MeetingStatus;
        /// When the meeting is scheduled to start. Tentative while the status is `DRAFT`. Null
        /// if not set.
        scheduled_start: Option<DateTime>;
        /// When the meeting is scheduled to end. Null if not set.
        scheduled_end: Option<DateTime>;
        /// When the meeting was created.
        created_at: DateTime;
        /// When the meeting was last updated.
        updated_at: DateTime;
    }
    required {
        /// The workspace the meeting belongs to.
        workspace: Workspace = WORKSPACE(workspace_id -> workspace::Column::Id);
    }
    optional {
        /// The user who organizes the meeting. Null if that user is not in the viewer's workspace.
        organizer: User = ORGANIZER(organizer_id -> user::Column::Id);
        /// The session that transcribes the meeting. Null if none is linked.
        session: Session = SESSION<String>(session_id -> session::Column::ExternalId);
        /// The analysis of the meeting. Null if none was requested.
        analytics: Analytics = ANALYTICS(id -> analytics::Column::MeetingId);
    }
    lists {
        /// The action items of the meeting.
        tasks: Task = TASKS(id -> task::Column::MeetingId);
        /// The invited users, with their roles and responses.
        participants: Participant = PARTICIPANTS(id -> participant::Column::MeetingId);
    }
    fields {
        /// The statuses that this meeting can move to from its current one. Whether the viewer may
        /// make the change is in the `viewerCan…` fields.
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
