//! The filter and the sort fields of `Participant`.

use async_graphql::{Enum, InputObject};
use entity::participant;
use sea_orm::RelationTrait;

use crate::{
    directive::{condition, indexed_order, indexed_range, unique_value},
    error::Error,
    read::{
        filter::{Comparison, Conditions, Equality, Where},
        order::{OrderBy, OrderDirection, OrderField, SortBy},
        page::listed::Listed,
        row::Id,
    },
    scalar::DateTime,
    schema::{meeting::inputs::MeetingWhere, user::inputs::UserWhere},
};

use super::{
    Participant,
    enums::{ParticipantRole, ParticipantStatus},
};

/// Filters participants. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct ParticipantWhere {
    /// Filters by ID.
    #[graphql(directive = unique_value::apply())]
    pub id: Option<Equality<Id<Participant>>>,
    /// Filters by database ID.
    #[graphql(directive = unique_value::apply(), directive = indexed_range::apply("ID".to_owned()))]
    pub database_id: Option<Comparison<i32>>,
    /// Filters by role in the meeting.
    pub role: Option<Equality<ParticipantRole>>,
    /// Filters by status.
    pub status: Option<Equality<ParticipantStatus>>,
    /// Filters by time of first joining.
    pub joined_at: Option<Comparison<DateTime>>,
    /// Filters by time of last leaving.
    pub left_at: Option<Comparison<DateTime>>,
    /// Filters by time of invitation.
    pub created_at: Option<Comparison<DateTime>>,
    /// The related meeting exists and matches this filter.
    pub meeting: Option<Box<MeetingWhere>>,
    /// The related user exists and matches this filter.
    pub user: Option<Box<UserWhere>>,
    /// All of these filters match.
    pub and: Option<Vec<ParticipantWhere>>,
    /// At least one of these filters matches.
    pub or: Option<Vec<ParticipantWhere>>,
    /// This filter does not match.
    pub not: Option<Box<ParticipantWhere>>,
}

impl Where for ParticipantWhere {
    type Of = Participant;

    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error> {
        conditions
            .column(participant::Column::Id, self.id.as_ref())?
            .column(participant::Column::Id, self.database_id.as_ref())?
            .column(participant::Column::Role, self.role.as_ref())?
            .column(participant::Column::Status, self.status.as_ref())?
            .column(participant::Column::JoinedAt, self.joined_at.as_ref())?
            .column(participant::Column::LeftAt, self.left_at.as_ref())?
            .column(participant::Column::CreatedAt, self.created_at.as_ref())?
            .one(
                participant::Relation::Meeting.def(),
                self.meeting.as_deref(),
            )?
            .one(participant::Relation::User.def(), self.user.as_deref())?
            .combined(self.and.as_ref(), self.or.as_ref(), self.not.as_deref())
    }
}

/// The fields that lists of participants can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum ParticipantOrderField {
    /// The order of invitation.
    #[graphql(directive = indexed_order::apply(None))]
    Id,
    /// The role, in the order `ORGANIZER`, `PRESENTER`, `PARTICIPANT`.
    Role,
    /// The status, in the order `INVITED`, `ACCEPTED`, `DECLINED`, `ATTENDED`.
    Status,
    /// When the participant first joined.
    JoinedAt,
    /// When the participant last left.
    LeftAt,
    /// When the participant was invited.
    CreatedAt,
}

impl OrderField for ParticipantOrderField {
    type Of = Participant;

    fn sort_by(self) -> SortBy<participant::Column> {
        match self {
            Self::Id => SortBy::Column(participant::Column::Id),
            Self::Role => SortBy::rank::<participant::Role>(participant::Column::Role),
            Self::Status => SortBy::rank::<participant::Status>(participant::Column::Status),
            Self::JoinedAt => SortBy::Column(participant::Column::JoinedAt),
            Self::LeftAt => SortBy::Column(participant::Column::LeftAt),
            Self::CreatedAt => SortBy::Column(participant::Column::CreatedAt),
        }
    }
}

impl Listed for Participant {
    type Where = ParticipantWhere;
    type OrderField = ParticipantOrderField;

    const DEFAULT_ORDER_DESCRIPTION: &'static str = "order of invitation";

    fn default_order() -> Vec<OrderBy<ParticipantOrderField>> {
        vec![OrderBy {
            field: ParticipantOrderField::Id,
            direction: OrderDirection::Asc,
        }]
    }
}
