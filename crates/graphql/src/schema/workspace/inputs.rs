//! What `Workspace` can be filtered by.

use async_graphql::InputObject;
use entity::workspace;
use sea_orm::RelationTrait;

use crate::{
    error::Error,
    read::filter::{Comparison, Conditions, Equality, ListWhere, StringFilter, Where},
    read::row::Id,
    scalar::DateTime,
    schema::meeting::inputs::MeetingWhere,
    schema::user::inputs::UserWhere,
};

use super::Workspace;

/// A condition on workspace objects. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct WorkspaceWhere {
    /// Its id.
    pub id: Option<Equality<Id<Workspace>>>,
    /// Its number in its table.
    pub database_id: Option<Comparison<i32>>,
    /// What it is called. At most 128 characters.
    pub name: Option<StringFilter>,
    /// Its identifier in URLs, unique. At most 64 characters.
    pub slug: Option<StringFilter>,
    /// When it was made.
    pub created_at: Option<Comparison<DateTime>>,
    /// The people of the workspace.
    pub users: Option<ListWhere<UserWhere>>,
    /// The meetings of the workspace.
    pub meetings: Option<ListWhere<MeetingWhere>>,
    /// All of these hold.
    pub and: Option<Vec<WorkspaceWhere>>,
    /// At least one of these holds.
    pub or: Option<Vec<WorkspaceWhere>>,
    /// This does not hold.
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
