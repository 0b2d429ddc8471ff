//! `User`: the type, its fields and its relations.

mod inputs;
mod mutations;

pub use inputs::{UserRole, UserWhere};
pub use mutations::UserMutation;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{marker, meeting, participant, session, task, user, workspace};

use crate::{
    context::ContextExt,
    error::Error,
    marker::Marker,
    meeting::Meeting,
    node::Row,
    page::{HasLists, List, Lists},
    participant::Participant,
    relation::Relation,
    scalar::DateTime,
    session::Session,
    task::Task,
    workspace::Workspace,
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
        ctx.one::<UserWorkspace>(self).await
    }

    #[graphql(flatten)]
    fn lists(&self) -> Lists<Self> {
        Lists(self.clone())
    }
}

impl HasLists for User {
    const TYPE_NAME: &'static str = Self::NAME;
    const LISTS: &'static [List<Self>] = &[
        List::of::<UserOrganizedMeetings>("organizedMeetings", "The meetings that they organize."),
        List::of::<UserAssignedTasks>("assignedTasks", "The tasks assigned to them."),
        List::of::<UserCreatedTasks>("createdTasks", "The tasks that they created."),
        List::of::<UserParticipations>(
            "participations",
            "Their part in meetings, one object a meeting.",
        ),
        List::of::<UserSessions>("sessions", "The transcription sessions that they own."),
        List::of::<UserMarkers>("markers", "The moments that they marked."),
    ];
}

/// `User.workspace`.
struct UserWorkspace;

impl Relation for UserWorkspace {
    type Parent = User;
    type Target = Workspace;
    type Key = i32;

    const COLUMN: workspace::Column = workspace::Column::Id;

    fn key(user: &User) -> Option<i32> {
        user.0.workspace_id
    }
}

/// `User.organizedMeetings`.
struct UserOrganizedMeetings;

impl Relation for UserOrganizedMeetings {
    type Parent = User;
    type Target = Meeting;
    type Key = i32;

    const COLUMN: meeting::Column = meeting::Column::OrganizerId;

    fn key(user: &User) -> Option<i32> {
        Some(user.0.id)
    }
}

/// `User.assignedTasks`.
struct UserAssignedTasks;

impl Relation for UserAssignedTasks {
    type Parent = User;
    type Target = Task;
    type Key = i32;

    const COLUMN: task::Column = task::Column::AssignedToId;

    fn key(user: &User) -> Option<i32> {
        Some(user.0.id)
    }
}

/// `User.createdTasks`.
struct UserCreatedTasks;

impl Relation for UserCreatedTasks {
    type Parent = User;
    type Target = Task;
    type Key = i32;

    const COLUMN: task::Column = task::Column::CreatedById;

    fn key(user: &User) -> Option<i32> {
        Some(user.0.id)
    }
}

/// `User.participations`.
struct UserParticipations;

impl Relation for UserParticipations {
    type Parent = User;
    type Target = Participant;
    type Key = i32;

    const COLUMN: participant::Column = participant::Column::UserId;

    fn key(user: &User) -> Option<i32> {
        Some(user.0.id)
    }
}

/// `User.sessions`.
struct UserSessions;

impl Relation for UserSessions {
    type Parent = User;
    type Target = Session;
    type Key = i32;

    const COLUMN: session::Column = session::Column::UserId;

    fn key(user: &User) -> Option<i32> {
        Some(user.0.id)
    }
}

/// `User.markers`.
struct UserMarkers;

impl Relation for UserMarkers {
    type Parent = User;
    type Target = Marker;
    type Key = i32;

    const COLUMN: marker::Column = marker::Column::UserId;

    fn key(user: &User) -> Option<i32> {
        Some(user.0.id)
    }
}
