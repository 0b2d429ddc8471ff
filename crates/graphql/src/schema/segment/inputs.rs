//! The filters and sort orders of `Segment`.

use async_graphql::{Enum, InputObject};
use entity::segment;
use sea_orm::RelationTrait;

use crate::{
    directive::{condition, indexed_order, indexed_range, unique_value},
    error::Error,
    read::filter::{Comparison, Conditions, Equality, StringFilter, Where},
    read::order::{OrderBy, OrderDirection, OrderField, SortBy},
    read::page::listed::Listed,
    read::row::Id,
    scalar::{DateTime, Float},
    schema::session::inputs::SessionWhere,
};

use super::{Segment, enums::SegmentKind};

/// Filters segments. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct SegmentWhere {
    /// Filters by ID.
    #[graphql(directive = unique_value::apply())]
    pub id: Option<Equality<Id<Segment>>>,
    /// Filters by database ID.
    #[graphql(directive = unique_value::apply(), directive = indexed_range::apply("ID".to_owned()))]
    pub database_id: Option<Comparison<i32>>,
    /// Filters by text.
    pub text: Option<StringFilter>,
    /// Filters by confidence, from 0 to 1.
    pub confidence: Option<Comparison<Float>>,
    /// Filters by start, in milliseconds from the start of the recording.
    #[graphql(directive = indexed_range::apply("START_MS".to_owned()))]
    pub start_ms: Option<Comparison<i32>>,
    /// Filters by end, in milliseconds from the start of the recording.
    pub end_ms: Option<Comparison<i32>>,
    /// Filters by speaker.
    pub speaker: Option<StringFilter>,
    /// Filters by language code.
    pub language: Option<StringFilter>,
    /// Filters by how final the text is.
    pub kind: Option<Equality<SegmentKind>>,
    /// Filters by time of creation.
    pub created_at: Option<Comparison<DateTime>>,
    /// The related session exists and matches this filter.
    pub session: Option<Box<SessionWhere>>,
    /// All of these filters match.
    pub and: Option<Vec<SegmentWhere>>,
    /// At least one of these filters matches.
    pub or: Option<Vec<SegmentWhere>>,
    /// This filter does not match.
    pub not: Option<Box<SegmentWhere>>,
}

impl Where for SegmentWhere {
    type Of = Segment;

    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error> {
        conditions
            .column(segment::Column::Id, self.id.as_ref())?
            .column(segment::Column::Id, self.database_id.as_ref())?
            .column(segment::Column::Text, self.text.as_ref())?
            .column(segment::Column::Confidence, self.confidence.as_ref())?
            .column(segment::Column::StartMs, self.start_ms.as_ref())?
            .column(segment::Column::EndMs, self.end_ms.as_ref())?
            .column(segment::Column::Speaker, self.speaker.as_ref())?
            .column(segment::Column::Language, self.language.as_ref())?
            .column(segment::Column::Kind, self.kind.as_ref())?
            .column(segment::Column::CreatedAt, self.created_at.as_ref())?
            .one(segment::Relation::Session.def(), self.session.as_deref())?
            .combined(self.and.as_ref(), self.or.as_ref(), self.not.as_deref())
    }
}

/// The fields that lists of segments can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum SegmentOrderField {
    /// The order of creation.
    Id,
    /// Where the segment starts in the recording.
    #[graphql(directive = indexed_order::apply(Some("Session".to_owned())))]
    StartMs,
    /// Where the segment ends in the recording.
    EndMs,
    /// When the segment was created.
    CreatedAt,
}

impl OrderField for SegmentOrderField {
    type Of = Segment;

    fn sort_by(self) -> SortBy<segment::Column> {
        match self {
            Self::Id => SortBy::Column(segment::Column::Id),
            Self::StartMs => SortBy::Column(segment::Column::StartMs),
            Self::EndMs => SortBy::Column(segment::Column::EndMs),
            Self::CreatedAt => SortBy::Column(segment::Column::CreatedAt),
        }
    }
}

impl Listed for Segment {
    type Where = SegmentWhere;
    type OrderField = SegmentOrderField;

    const MAX_PAGE_SIZE: i32 = 1000;
    const DEFAULT_ORDER_DESCRIPTION: &'static str = "by start in the recording";

    fn default_order() -> Vec<OrderBy<SegmentOrderField>> {
        vec![OrderBy {
            field: SegmentOrderField::StartMs,
            direction: OrderDirection::Asc,
        }]
    }
}
