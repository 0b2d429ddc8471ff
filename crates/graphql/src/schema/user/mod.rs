//! `User`: the type, its fields and its relations.

pub(crate) mod accounts;
pub(crate) mod actions;
pub(crate) mod enums;
pub(crate) mod inputs;
pub(crate) mod mutations;
pub(crate) mod names;
mod password;

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
        /// Name to sign in with, unique across all workspaces. At most 64 characters.
        username: &str;
        /// Address to sign in with, unique across all workspaces. At most 120 characters.
        email: &str;
        /// What they may do in their workspace.
        role: UserRole;
        /// Whether they may sign in. Users are deactivated, never deleted.
        is_active: bool = true;
        /// When the account was made.
        created_at: DateTime;
    }
    optional {
        /// Their workspace. Null for who has none and sees only themself.
        workspace: Workspace = WORKSPACE(workspace_id -> workspace::Column::Id);
    }
    lists {
        /// The meetings that they organize.
        organized_meetings: Meeting = ORGANIZED_MEETINGS(id -> meeting::Column::OrganizerId);
        /// The tasks assigned to them.
        assigned_tasks: Task = ASSIGNED_TASKS(id -> task::Column::AssignedToId);
        /// The tasks that they created.
        created_tasks: Task = CREATED_TASKS(id -> task::Column::CreatedById);
        /// Their part in meetings, one object a meeting.
        participations: Participant = PARTICIPATIONS(id -> participant::Column::UserId);
        /// The transcription sessions that they own.
        sessions: Session = SESSIONS(id -> session::Column::UserId);
        /// The moments that they marked.
        markers: Marker = MARKERS(id -> marker::Column::UserId);
    }
    fields {
        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}
