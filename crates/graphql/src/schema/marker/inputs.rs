//! The filters and sort orders of `Marker`.

use async_graphql::{Enum, InputObject};
use entity::marker;
use sea_orm::RelationTrait;

use crate::{
    directive::{condition, indexed_order, indexed_range, unique_value},
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

/// Filters markers. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct MarkerWhere {
    /// Filters by ID.
    #[graphql(directive = unique_value::apply())]
    pub id: Option<Equality<Id<Marker>>>,
    /// Filters by database ID.
    #[graphql(directive = unique_value::apply(), directive = indexed_range::apply("ID".to_owned()))]
    pub database_id: Option<Comparison<i32>>,
    /// Filters by type.
    pub r#type: Option<Equality<MarkerType>>,
    /// Filters by content.
    pub content: Option<StringFilter>,
    /// Filters by position in the recording, in milliseconds from its start.
    #[graphql(directive = indexed_range::apply("TIMESTAMP".to_owned()))]
    pub timestamp: Option<Comparison<i32>>,
    /// Filters by speaker.
    pub speaker: Option<StringFilter>,
    /// Filters by time of creation.
    #[graphql(directive = indexed_range::apply("CREATED_AT".to_owned()))]
    pub created_at: Option<Comparison<DateTime>>,
    /// The related session exists and matches this filter.
    pub session: Option<Box<SessionWhere>>,
    /// The author exists and matches this filter.
    pub user: Option<Box<UserWhere>>,
    /// All of these filters match.
    pub and: Option<Vec<MarkerWhere>>,
    /// At least one of these filters matches.
    pub or: Option<Vec<MarkerWhere>>,
    /// This filter does not match.
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

/// The fields that lists of markers can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum MarkerOrderField {
    /// The order of creation.
    #[graphql(directive = indexed_order::apply(None))]
    Id,
    /// The type, in the order `DECISION`, `TODO`, `RISK`, `QUESTION`.
    Type,
    /// The position in the recording.
    #[graphql(directive = indexed_order::apply(Some("Session".to_owned())))]
    Timestamp,
    /// When the marker was created.
    #[graphql(directive = indexed_order::apply(Some("Workspace".to_owned())))]
    CreatedAt,
}

impl OrderField for MarkerOrderField {
    type Of = Marker;

    fn sort_by(self) -> SortBy<marker::Column> {
        match self {
            Self::Id => SortBy::Column(marker::Column::Id),
            Self::Type => SortBy::rank::<marker::Type>(marker::Column::Kind),
            Self::Timestamp => SortBy::Column(marker::Column::Timestamp),
            Self::CreatedAt => SortBy::Column(marker::Column::CreatedAt),
        }
    }
}

impl Listed for Marker {
    type Where = MarkerWhere;
    type OrderField = MarkerOrderField;

    const DEFAULT_ORDER_DESCRIPTION: &'static str = "oldest first";

    fn default_order() -> Vec<OrderBy<MarkerOrderField>> {
        vec![OrderBy {
            field: MarkerOrderField::Id,
            direction: OrderDirection::Asc,
        }]
    }
}
