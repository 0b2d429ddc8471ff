//! `User`: the type, its fields and its relations.

mod accounts;
mod actions;
mod inputs;
mod mutations;
mod names;

pub use inputs::{UserRole, UserWhere};
pub use names::{check_email, check_username};

pub(crate) use accounts::{MUTATIONS as ACCOUNT_MUTATIONS, TokenRefreshPayload, token_refresh};
use mutations::NewUser;
pub(crate) use mutations::{MUTATIONS, active_user, check_active};

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{marker, meeting, participant, session, task, user, workspace};

use crate::{
    error::Error,
    read::context::ContextExt,
    read::page::lists::{HasLists, List, Lists},
    read::relation::Relation,
    read::row::Row,
    scalar::DateTime,
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::participant::Participant,
    schema::session::Session,
    schema::task::Task,
    schema::workspace::Workspace,
    table::Fields,
    write::ability::Abilities,
};

/// A person with an account.
#[derive(Clone)]
pub struct User(pub(crate) Arc<user::Model>);

impl From<Arc<user::Model>> for User {
    fn from(row: Arc<user::Model>) -> Self {
        Self(row)
    }
}

impl Row for User {
    type Entity = user::Entity;

    const NAME: &'static str = "User";
    const ID: user::Column = user::Column::Id;

    fn database_id(row: &user::Model) -> i32 {
        row.id
    }
}

/// A person with an account.
#[Object]
impl User {
    /// The global id: opaque, and good for `node`.
    pub(crate) async fn id(&self) -> ID {
        Self::global_id(&self.0)
    }

    /// The number of the object in its table.
    pub(crate) async fn database_id(&self) -> i32 {
        self.0.id
    }

    /// Name to sign in with, unique across all workspaces. At most 64 characters.
    fn username(&self) -> &str {
        &self.0.username
    }

    /// Address to sign in with, unique across all workspaces. At most 120 characters.
    fn email(&self) -> &str {
        &self.0.email
    }

    /// What they may do in their workspace.
    fn role(&self) -> UserRole {
        self.0.role.unwrap_or_default().into()
    }

    /// Whether they may sign in. Users are deactivated, never deleted.
    fn is_active(&self) -> bool {
        self.0.is_active.unwrap_or(true)
    }

    /// When the account was made.
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.unwrap_or_default())
    }

    /// Their workspace. Null for who has none and sees only themself.
    async fn workspace(&self, ctx: &Context<'_>) -> Option<Result<Workspace, Error>> {
        ctx.one(&WORKSPACE, self).await
    }

    #[graphql(flatten)]
    fn lists(&self) -> Fields<Lists<Self>> {
        Fields(Lists(self.clone()))
    }

    #[graphql(flatten)]
    fn abilities(&self) -> Fields<Abilities<Self>> {
        Fields(Abilities(Arc::clone(&self.0)))
    }
}

impl HasLists for User {
    const TYPE_NAME: &'static str = Self::NAME;
    const LISTS: &'static [List<Self>] = &[
        List::of(
            &ORGANIZED_MEETINGS,
            "organizedMeetings",
            "The meetings that they organize.",
        ),
        List::of(
            &ASSIGNED_TASKS,
            "assignedTasks",
            "The tasks assigned to them.",
        ),
        List::of(
            &CREATED_TASKS,
            "createdTasks",
            "The tasks that they created.",
        ),
        List::of(
            &PARTICIPATIONS,
            "participations",
            "Their part in meetings, one object a meeting.",
        ),
        List::of(
            &SESSIONS,
            "sessions",
            "The transcription sessions that they own.",
        ),
        List::of(&MARKERS, "markers", "The moments that they marked."),
    ];
}

/// `User.workspace`.
static WORKSPACE: Relation<User, Workspace> =
    Relation::new(workspace::Column::Id, |user| user.0.workspace_id);

/// `User.organizedMeetings`.
static ORGANIZED_MEETINGS: Relation<User, Meeting> =
    Relation::new(meeting::Column::OrganizerId, |user| Some(user.0.id));

/// `User.assignedTasks`.
static ASSIGNED_TASKS: Relation<User, Task> =
    Relation::new(task::Column::AssignedToId, |user| Some(user.0.id));

/// `User.createdTasks`.
static CREATED_TASKS: Relation<User, Task> =
    Relation::new(task::Column::CreatedById, |user| Some(user.0.id));

/// `User.participations`.
static PARTICIPATIONS: Relation<User, Participant> =
    Relation::new(participant::Column::UserId, |user| Some(user.0.id));

/// `User.sessions`.
static SESSIONS: Relation<User, Session> =
    Relation::new(session::Column::UserId, |user| Some(user.0.id));

/// `User.markers`.
static MARKERS: Relation<User, Marker> =
    Relation::new(marker::Column::UserId, |user| Some(user.0.id));
