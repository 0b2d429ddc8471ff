//! What `Segment` can be filtered and sorted by.

use async_graphql::{Enum, InputObject};
use entity::segment;
use sea_orm::RelationTrait;

use crate::{
    error::Error,
    read::filter::{Comparison, Conditions, Equality, StringFilter, Where},
    read::order::{OrderBy, OrderDirection, OrderField, SortBy},
    read::page::listed::Listed,
    read::row::Id,
    scalar::{DateTime, Float},
    schema::session::inputs::SessionWhere,
};

use super::{Segment, enums::SegmentKind};

/// A condition on segment objects. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct SegmentWhere {
    /// Its id.
    pub id: Option<Equality<Id<Segment>>>,
    /// Its number in its table.
    pub database_id: Option<Comparison<i32>>,
    /// What was said.
    pub text: Option<StringFilter>,
    /// How sure the transcriber is, from 0 to 1.
    pub confidence: Option<Comparison<Float>>,
    /// Where it begins, in milliseconds from the start of the recording.
    pub start_ms: Option<Comparison<i32>>,
    /// Where it ends, in milliseconds from the start of the recording.
    pub end_ms: Option<Comparison<i32>>,
    /// Who speaks, as the transcriber or the import named them. At most 50 characters.
    pub speaker: Option<StringFilter>,
    /// Language code as detected in this stretch. At most 10 characters.
    pub language: Option<StringFilter>,
    /// How settled the text is.
    pub kind: Option<Equality<SegmentKind>>,
    /// When it was stored.
    pub created_at: Option<Comparison<DateTime>>,
    /// There is such a one and it meets this. The session that it belongs to.
    pub session: Option<Box<SessionWhere>>,
    /// All of these hold.
    pub and: Option<Vec<SegmentWhere>>,
    /// At least one of these holds.
    pub or: Option<Vec<SegmentWhere>>,
    /// This does not hold.
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

/// What lists of Segment can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum SegmentOrderField {
    /// The order in which they were made.
    Id,
    /// Where it begins, in milliseconds from the start of the recording.
    StartMs,
    /// Where it ends, in milliseconds from the start of the recording.
    EndMs,
    /// When it was stored.
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
    const DEFAULT_ORDER_DESCRIPTION: &'static str = "by their time in the recording";

    fn default_order() -> Vec<OrderBy<SegmentOrderField>> {
        vec![OrderBy {
            field: SegmentOrderField::StartMs,
            direction: OrderDirection::Asc,
        }]
    }
}
