//! What `User` can be filtered and sorted by.

use async_graphql::{Enum, InputObject};
use entity::user;
use sea_orm::RelationTrait;

use crate::{
    error::Error,
    read::filter::{
        BooleanFilter, Comparison, Conditions, Equality, ListWhere, StringFilter, Where,
    },
    read::order::{OrderBy, OrderDirection, OrderField, SortBy},
    read::page::listed::Listed,
    read::row::Id,
    scalar::DateTime,
    schema::marker::inputs::MarkerWhere,
    schema::meeting::inputs::MeetingWhere,
    schema::participant::inputs::ParticipantWhere,
    schema::session::inputs::SessionWhere,
    schema::task::inputs::TaskWhere,
    schema::workspace::inputs::WorkspaceWhere,
};

use super::{User, enums::UserRole};

/// A condition on user objects. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct UserWhere {
    /// Its id.
    pub id: Option<Equality<Id<User>>>,
    /// Its number in its table.
    pub database_id: Option<Comparison<i32>>,
    /// Name to sign in with, unique across all workspaces. At most 64 characters.
    pub username: Option<StringFilter>,
    /// Address to sign in with, unique across all workspaces. At most 120 characters.
    pub email: Option<StringFilter>,
    /// What they may do in their workspace.
    pub role: Option<Equality<UserRole>>,
    /// Whether they may sign in. Users are deactivated, never deleted.
    pub is_active: Option<BooleanFilter>,
    /// When the account was made.
    pub created_at: Option<Comparison<DateTime>>,
    /// There is such a one and it meets this. Their workspace. Null for who has none and sees
    /// only themself.
    pub workspace: Option<Box<WorkspaceWhere>>,
    /// The meetings that they organize.
    pub organized_meetings: Option<ListWhere<MeetingWhere>>,
    /// The tasks assigned to them.
    pub assigned_tasks: Option<ListWhere<TaskWhere>>,
    /// The tasks that they created.
    pub created_tasks: Option<ListWhere<TaskWhere>>,
    /// Their part in meetings, one object a meeting.
    pub participations: Option<ListWhere<ParticipantWhere>>,
    /// The transcription sessions that they own.
    pub sessions: Option<ListWhere<SessionWhere>>,
    /// The moments that they marked.
    pub markers: Option<ListWhere<MarkerWhere>>,
    /// All of these hold.
    pub and: Option<Vec<UserWhere>>,
    /// At least one of these holds.
    pub or: Option<Vec<UserWhere>>,
    /// This does not hold.
    pub not: Option<Box<UserWhere>>,
}

impl Where for UserWhere {
    type Of = User;

    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error> {
        conditions
            .column(user::Column::Id, self.id.as_ref())?
            .column(user::Column::Id, self.database_id.as_ref())?
            .column(user::Column::Username, self.username.as_ref())?
            .column(user::Column::Email, self.email.as_ref())?
            .column(user::Column::Role, self.role.as_ref())?
            .column(user::Column::IsActive, self.is_active.as_ref())?
            .column(user::Column::CreatedAt, self.created_at.as_ref())?
            .one(user::Relation::Workspace.def(), self.workspace.as_deref())?
            .many(
                &|| user::Relation::Meeting.def(),
                self.organized_meetings.as_ref(),
            )?
            .many(
                &|| user::Relation::AssignedTasks.def(),
                self.assigned_tasks.as_ref(),
            )?
            .many(
                &|| user::Relation::CreatedTasks.def(),
                self.created_tasks.as_ref(),
            )?
            .many(
                &|| user::Relation::Participant.def(),
                self.participations.as_ref(),
            )?
            .many(&|| user::Relation::Session.def(), self.sessions.as_ref())?
            .many(&|| user::Relation::Marker.def(), self.markers.as_ref())?
            .combined(self.and.as_ref(), self.or.as_ref(), self.not.as_deref())
    }
}

/// What lists of User can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum UserOrderField {
    /// The order in which they were made.
    Id,
    /// Name to sign in with, unique across all workspaces. At most 64 characters.
    Username,
    /// Address to sign in with, unique across all workspaces. At most 120 characters.
    Email,
    /// What they may do in their workspace.
    Role,
    /// When the account was made.
    CreatedAt,
}

impl OrderField for UserOrderField {
    type Of = User;

    fn sort_by(self) -> SortBy<user::Column> {
        match self {
            Self::Id => SortBy::Column(user::Column::Id),
            Self::Username => SortBy::Column(user::Column::Username),
            Self::Email => SortBy::Column(user::Column::Email),
            Self::Role => SortBy::meaning::<user::Role>(user::Column::Role),
            Self::CreatedAt => SortBy::Column(user::Column::CreatedAt),
        }
    }
}

impl Listed for User {
    type Where = UserWhere;
    type OrderField = UserOrderField;

    const DEFAULT_ORDER_DESCRIPTION: &'static str = "oldest first";

    fn default_order() -> Vec<OrderBy<UserOrderField>> {
        vec![OrderBy {
            field: UserOrderField::Id,
            direction: OrderDirection::Asc,
        }]
    }
}
