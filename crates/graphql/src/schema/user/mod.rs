//! `User`: the type, its fields and its relations.

pub(crate) mod accounts;
pub(crate) mod actions;
mod attempts;
pub(crate) mod enums;
pub(crate) mod inputs;
pub(crate) mod mutations;
pub(crate) mod names;
mod new_user;
mod password;
mod password_change;
mod sign_in;
mod sign_up;

use std::sync::Arc;

use entity::{marker, meeting, participant, session, task, user, workspace};

use self::enums::UserRole;
use crate::{
    scalar::DateTime, schema::marker::Marker, schema::meeting::Meeting, schema::object::object,
    schema::participant::Participant, schema::session::Session, schema::task::Task,
    schema::workspace::Workspace, table::Fields, write::ability::Abilities,
};

object! {
    /// A person with an account.
    User of user;
    columns {
        /// The username to sign in with, unique across all workspaces. At most 64 characters.
        username: &str;
        /// The email address to sign in with, unique across all workspaces. At most 120 characters.
        email: &str;
        /// The user's role in the workspace.
        role: UserRole;
        /// Whether the user may sign in. Users are deactivated, never deleted.
        is_active: bool = true;
        /// When the user was created.
        created_at: DateTime;
    }
    optional {
        /// The user's workspace. Null for users without a workspace, who see only their own
        /// account.
        workspace: Workspace = WORKSPACE(workspace_id -> workspace::Column::Id);
    }
    lists {
        /// The meetings the user organizes.
        organized_meetings: Meeting = ORGANIZED_MEETINGS(id -> meeting::Column::OrganizerId);
        /// The tasks assigned to the user.
        assigned_tasks: Task = ASSIGNED_TASKS(id -> task::Column::AssignedToId);
        /// The tasks the user created.
        created_tasks: Task = CREATED_TASKS(id -> task::Column::CreatedById);
        /// The user's participations in meetings, one per meeting.
        participations: Participant = PARTICIPATIONS(id -> participant::Column::UserId);
        /// The transcription sessions the user owns.
        sessions: Session = SESSIONS(id -> session::Column::UserId);
        /// The markers the user created.
        markers: Marker = MARKERS(id -> marker::Column::UserId);
    }
    fields {
        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}
