//! What `Marker` can be filtered and sorted by.

use async_graphql::{Enum, InputObject};
use entity::marker;
use sea_orm::RelationTrait;

use crate::{
    error::Error,
    read::filter::{Comparison, Conditions, Equality, StringFilter, Where},
    read::order::{OrderBy, OrderDirection, OrderField, SortBy},
    read::page::listed::Listed,
    read::row::Id,
    scalar::DateTime,
    schema::session::inputs::SessionWhere,
    schema::user::inputs::UserWhere,
};

use super::{Marker, enums::MarkerType};

/// A condition on marker objects. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct MarkerWhere {
    /// Its id.
    pub id: Option<Equality<Id<Marker>>>,
    /// Its number in its table.
    pub database_id: Option<Comparison<i32>>,
    /// What sort of moment it is.
    pub r#type: Option<Equality<MarkerType>>,
    /// What the user noted.
    pub content: Option<StringFilter>,
    /// Its position in the recording, in milliseconds.
    pub timestamp: Option<Comparison<i32>>,
    /// Who was speaking. At most 50 characters.
    pub speaker: Option<StringFilter>,
    /// When it was marked.
    pub created_at: Option<Comparison<DateTime>>,
    /// There is such a one and it meets this. The session that it marks.
    pub session: Option<Box<SessionWhere>>,
    /// There is such a one and it meets this. Who marked it. Null where that is nobody of the
    /// viewer's workspace.
    pub user: Option<Box<UserWhere>>,
    /// All of these hold.
    pub and: Option<Vec<MarkerWhere>>,
    /// At least one of these holds.
    pub or: Option<Vec<MarkerWhere>>,
    /// This does not hold.
    pub not: Option<Box<MarkerWhere>>,
}

impl Where for MarkerWhere {
    type Of = Marker;

    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error> {
        conditions
            .column(marker::Column::Id, self.id.as_ref())?
            .column(marker::Column::Id, self.database_id.as_ref())?
            .column(marker::Column::Kind, self.r#type.as_ref())?
            .column(marker::Column::Content, self.content.as_ref())?
            .column(marker::Column::Timestamp, self.timestamp.as_ref())?
            .column(marker::Column::Speaker, self.speaker.as_ref())?
            .column(marker::Column::CreatedAt, self.created_at.as_ref())?
            .one(marker::Relation::Session.def(), self.session.as_deref())?
            .one(marker::Relation::User.def(), self.user.as_deref())?
            .combined(self.and.as_ref(), self.or.as_ref(), self.not.as_deref())
    }
}

/// What lists of Marker can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum MarkerOrderField {
    /// The order in which they were made.
    Id,
    /// What sort of moment it is.
    Type,
    /// Its position in the recording, in milliseconds.
    Timestamp,
    /// When it was marked.
    CreatedAt,
}

impl OrderField for MarkerOrderField {
    type Of = Marker;

    fn sort_by(self) -> SortBy<marker::Column> {
        match self {
            Self::Id => SortBy::Column(marker::Column::Id),
            Self::Type => SortBy::meaning::<marker::Type>(marker::Column::Kind),
            Self::Timestamp => SortBy::Column(marker::Column::Timestamp),
            Self::CreatedAt => SortBy::Column(marker::Column::CreatedAt),
        }
    }
}

impl Listed for Marker {
    type Where = MarkerWhere;
    type OrderField = MarkerOrderField;

    const DEFAULT_ORDER_DESCRIPTION: &'static str = "in the order of marking";

    fn default_order() -> Vec<OrderBy<MarkerOrderField>> {
        vec![OrderBy {
            field: MarkerOrderField::Id,
            direction: OrderDirection::Asc,
        }]
    }
}
