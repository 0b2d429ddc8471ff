//! The filters and sort orders of `User`.

use async_graphql::{Enum, InputObject};
use entity::user;
use sea_orm::RelationTrait;

use crate::{
    directive::{condition, indexed_order, indexed_range, unique_value},
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

/// Filters users. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct UserWhere {
    /// Filters by ID.
    #[graphql(directive = unique_value::apply())]
    pub id: Option<Equality<Id<User>>>,
    /// Filters by database ID.
    #[graphql(directive = unique_value::apply(), directive = indexed_range::apply("ID".to_owned()))]
    pub database_id: Option<Comparison<i32>>,
    /// Filters by username.
    #[graphql(directive = unique_value::apply())]
    pub username: Option<StringFilter>,
    /// Filters by email address.
    #[graphql(directive = unique_value::apply())]
    pub email: Option<StringFilter>,
    /// Filters by role.
    pub role: Option<Equality<UserRole>>,
    /// Filters by whether the user is active.
    pub is_active: Option<BooleanFilter>,
    /// Filters by time of creation.
    pub created_at: Option<Comparison<DateTime>>,
    /// The user's workspace exists and matches this filter.
    pub workspace: Option<Box<WorkspaceWhere>>,
    /// Filters by the meetings the user organizes.
    pub organized_meetings: Option<ListWhere<MeetingWhere>>,
    /// Filters by the tasks assigned to the user.
    pub assigned_tasks: Option<ListWhere<TaskWhere>>,
    /// Filters by the tasks the user created.
    pub created_tasks: Option<ListWhere<TaskWhere>>,
    /// Filters by the user's participations in meetings.
    pub participations: Option<ListWhere<ParticipantWhere>>,
    /// Filters by the sessions the user owns.
    pub sessions: Option<ListWhere<SessionWhere>>,
    /// Filters by the markers the user created.
    pub markers: Option<ListWhere<MarkerWhere>>,
    /// All of these filters match.
    pub and: Option<Vec<UserWhere>>,
    /// At least one of these filters matches.
    pub or: Option<Vec<UserWhere>>,
    /// This filter does not match.
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

/// The fields that lists of users can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum UserOrderField {
    /// The order of creation.
    #[graphql(directive = indexed_order::apply(None))]
    Id,
    /// The username.
    Username,
    /// The email address.
    Email,
    /// The role, in the order `ADMIN`, `ORGANIZER`, `MEMBER`.
    Role,
    /// When the user was created.
    CreatedAt,
}

impl OrderField for UserOrderField {
    type Of = User;

    fn sort_by(self) -> SortBy<user::Column> {
        match self {
            Self::Id => SortBy::Column(user::Column::Id),
            Self::Username => SortBy::Column(user::Column::Username),
            Self::Email => SortBy::Column(user::Column::Email),
            Self::Role => SortBy::rank::<user::Role>(user::Column::Role),
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
