//! The filters of `Workspace`.

use async_graphql::InputObject;
use entity::workspace;
use sea_orm::RelationTrait;

use crate::{
    directive::condition,
    error::Error,
    read::filter::{Comparison, Conditions, Equality, ListWhere, StringFilter, Where},
    read::row::Id,
    scalar::DateTime,
    schema::meeting::inputs::MeetingWhere,
    schema::user::inputs::UserWhere,
};

use super::Workspace;

/// Filters workspaces. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct WorkspaceWhere {
    /// Filters by ID.
    pub id: Option<Equality<Id<Workspace>>>,
    /// Filters by database ID.
    pub database_id: Option<Comparison<i32>>,
    /// Filters by name.
    pub name: Option<StringFilter>,
    /// Filters by slug.
    pub slug: Option<StringFilter>,
    /// Filters by time of creation.
    pub created_at: Option<Comparison<DateTime>>,
    /// Filters by the workspace's users.
    pub users: Option<ListWhere<UserWhere>>,
    /// Filters by the workspace's meetings.
    pub meetings: Option<ListWhere<MeetingWhere>>,
    /// All of these filters match.
    pub and: Option<Vec<WorkspaceWhere>>,
    /// At least one of these filters matches.
    pub or: Option<Vec<WorkspaceWhere>>,
    /// This filter does not match.
    pub not: Option<Box<WorkspaceWhere>>,
}

impl Where for WorkspaceWhere {
    type Of = Workspace;

    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error> {
        conditions
            .column(workspace::Column::Id, self.id.as_ref())?
            .column(workspace::Column::Id, self.database_id.as_ref())?
            .column(workspace::Column::Name, self.name.as_ref())?
            .column(workspace::Column::Slug, self.slug.as_ref())?
            .column(workspace::Column::CreatedAt, self.created_at.as_ref())?
            .many(&|| workspace::Relation::User.def(), self.users.as_ref())?
            .many(
                &|| workspace::Relation::Meeting.def(),
                self.meetings.as_ref(),
            )?
            .combined(self.and.as_ref(), self.or.as_ref(), self.not.as_deref())
    }
}
