//! What `Session` can be filtered and sorted by.

use async_graphql::{Enum, InputObject};
use entity::session;
use sea_orm::RelationTrait;

use crate::{
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

/// A condition on session objects. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct SessionWhere {
    /// Its id.
    pub id: Option<Equality<Id<Session>>>,
    /// Its number in its table.
    pub database_id: Option<Comparison<i32>>,
    /// The UUID by which clients and recorders know it.
    pub external_id: Option<Equality<Uuid>>,
    /// Where it is in its life.
    pub status: Option<Equality<SessionStatus>>,
    /// Language code of what is spoken, such as `en`. At most 10 characters.
    pub language: Option<StringFilter>,
    /// Whether voice activity detection is on.
    pub vad_enabled: Option<BooleanFilter>,
    /// When recording began.
    pub started_at: Option<Comparison<DateTime>>,
    /// When recording ended.
    pub ended_at: Option<Comparison<DateTime>>,
    /// When it was made.
    pub created_at: Option<Comparison<DateTime>>,
    /// There is such a one and it meets this. Who owns it. Null where that is nobody of the
    /// viewer's workspace.
    pub user: Option<Box<UserWhere>>,
    /// There is such a one and it meets this. The meeting that it transcribes, if it is linked
    /// to one.
    pub meeting: Option<Box<MeetingWhere>>,
    /// The transcript, segment by segment.
    pub segments: Option<ListWhere<SegmentWhere>>,
    /// The moments marked in it.
    pub markers: Option<ListWhere<MarkerWhere>>,
    /// All of these hold.
    pub and: Option<Vec<SessionWhere>>,
    /// At least one of these holds.
    pub or: Option<Vec<SessionWhere>>,
    /// This does not hold.
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

/// What lists of Session can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum SessionOrderField {
    /// The order in which they were made.
    Id,
    /// Where it is in its life.
    Status,
    /// When recording began.
    StartedAt,
    /// When recording ended.
    EndedAt,
    /// When it was made.
    CreatedAt,
}

impl OrderField for SessionOrderField {
    type Of = Session;

    fn sort_by(self) -> SortBy<session::Column> {
        match self {
            Self::Id => SortBy::Column(session::Column::Id),
            Self::Status => SortBy::meaning::<session::Status>(session::Column::Status),
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
