//! The filters and sort orders of `Session`.

use async_graphql::{Enum, InputObject, OneofObject};
use entity::session;
use sea_orm::RelationTrait;

use crate::{
    directive::{condition, id_of, indexed_equality, indexed_order, indexed_range, unique_value},
    error::Error,
    read::filter::{
        BooleanFilter, Comparison, Conditions, Equality, ListWhere, StringFilter, Where,
    },
    read::order::{OrderBy, OrderDirection, OrderField, SortBy},
    read::page::listed::Listed,
    read::row::Id,
    scalar::{DateTime, Uuid},
    schema::marker::inputs::MarkerWhere,
    schema::meeting::inputs::MeetingWhere,
    schema::segment::inputs::SegmentWhere,
    schema::user::inputs::UserWhere,
};

use super::{Session, enums::SessionStatus};

/// What identifies a session. Exactly one of the fields must be given.
#[derive(OneofObject)]
pub(crate) enum SessionBy {
    /// The ID of the session.
    #[graphql(directive = id_of::apply(Id::<Session>::of()))]
    Id(Id<Session>),
    /// The session's UUID, which clients and recorders use to identify it.
    ExternalId(Uuid),
}

/// Filters sessions. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct SessionWhere {
    /// Filters by ID.
    #[graphql(directive = unique_value::apply())]
    pub id: Option<Equality<Id<Session>>>,
    /// Filters by database ID.
    #[graphql(directive = unique_value::apply(), directive = indexed_range::apply("ID".to_owned()))]
    pub database_id: Option<Comparison<i32>>,
    /// Filters by external ID.
    #[graphql(directive = unique_value::apply())]
    pub external_id: Option<Equality<Uuid>>,
    /// Filters by status.
    #[graphql(directive = indexed_equality::apply("STARTED_AT".to_owned()))]
    pub status: Option<Equality<SessionStatus>>,
    /// Filters by language code.
    pub language: Option<StringFilter>,
    /// Filters by whether voice activity detection is on.
    pub vad_enabled: Option<BooleanFilter>,
    /// Filters by the start of the recording.
    #[graphql(directive = indexed_range::apply("STARTED_AT".to_owned()))]
    pub started_at: Option<Comparison<DateTime>>,
    /// Filters by the end of the recording.
    pub ended_at: Option<Comparison<DateTime>>,
    /// Filters by time of creation.
    #[graphql(directive = indexed_range::apply("CREATED_AT".to_owned()))]
    pub created_at: Option<Comparison<DateTime>>,
    /// The owner exists and matches this filter.
    pub user: Option<Box<UserWhere>>,
    /// The linked meeting exists and matches this filter.
    pub meeting: Option<Box<MeetingWhere>>,
    /// Filters by the segments of the transcript.
    pub segments: Option<ListWhere<SegmentWhere>>,
    /// Filters by the session's markers.
    pub markers: Option<ListWhere<MarkerWhere>>,
    /// All of these filters match.
    pub and: Option<Vec<SessionWhere>>,
    /// At least one of these filters matches.
    pub or: Option<Vec<SessionWhere>>,
    /// This filter does not match.
    pub not: Option<Box<SessionWhere>>,
}

impl Where for SessionWhere {
    type Of = Session;

    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error> {
        conditions
            .column(session::Column::Id, self.id.as_ref())?
            .column(session::Column::Id, self.database_id.as_ref())?
            .column(session::Column::ExternalId, self.external_id.as_ref())?
            .column(session::Column::Status, self.status.as_ref())?
            .column(session::Column::Language, self.language.as_ref())?
            .column(session::Column::VadEnabled, self.vad_enabled.as_ref())?
            .column(session::Column::StartedAt, self.started_at.as_ref())?
            .column(session::Column::EndedAt, self.ended_at.as_ref())?
            .column(session::Column::CreatedAt, self.created_at.as_ref())?
            .one(session::Relation::User.def(), self.user.as_deref())?
            .one(session::Relation::Meeting.def(), self.meeting.as_deref())?
            .many(&|| session::Relation::Segment.def(), self.segments.as_ref())?
            .many(&|| session::Relation::Marker.def(), self.markers.as_ref())?
            .combined(self.and.as_ref(), self.or.as_ref(), self.not.as_deref())
    }
}

/// The fields that lists of sessions can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum SessionOrderField {
    /// The order of creation.
    #[graphql(directive = indexed_order::apply(None))]
    Id,
    /// The status, in the order `PENDING`, `RECORDING`, `PROCESSING`, `COMPLETED`, `ERROR`.
    Status,
    /// When the recording started.
    #[graphql(directive = indexed_order::apply(Some("Workspace".to_owned())))]
    StartedAt,
    /// When the recording ended.
    EndedAt,
    /// When the session was created.
    #[graphql(directive = indexed_order::apply(Some("Workspace".to_owned())))]
    CreatedAt,
}

impl OrderField for SessionOrderField {
    type Of = Session;

    fn sort_by(self) -> SortBy<session::Column> {
        match self {
            Self::Id => SortBy::Column(session::Column::Id),
            Self::Status => SortBy::rank::<session::Status>(session::Column::Status),
            Self::StartedAt => SortBy::Column(session::Column::StartedAt),
            Self::EndedAt => SortBy::Column(session::Column::EndedAt),
            Self::CreatedAt => SortBy::Column(session::Column::CreatedAt),
        }
    }
}

impl Listed for Session {
    type Where = SessionWhere;
    type OrderField = SessionOrderField;

    const DEFAULT_ORDER_DESCRIPTION: &'static str = "newest first";

    fn default_order() -> Vec<OrderBy<SessionOrderField>> {
        vec![OrderBy {
            field: SessionOrderField::Id,
            direction: OrderDirection::Desc,
        }]
    }
}
