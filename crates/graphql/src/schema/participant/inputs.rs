//! What `Participant` can be filtered and sorted by.

use async_graphql::{Enum, InputObject};
use entity::participant;
use sea_orm::RelationTrait;

use crate::{
    error::Error,
    read::filter::{Comparison, Conditions, Equality, Where},
    read::order::{OrderBy, OrderDirection, OrderField, SortBy},
    read::page::listed::Listed,
    read::row::Id,
    scalar::DateTime,
    schema::meeting::inputs::MeetingWhere,
    schema::user::inputs::UserWhere,
};

use super::{
    Participant,
    enums::{ParticipantRole, ParticipantStatus},
};

/// A condition on participant objects. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct ParticipantWhere {
    /// Its id.
    pub id: Option<Equality<Id<Participant>>>,
    /// Its number in its table.
    pub database_id: Option<Comparison<i32>>,
    /// What they do in the meeting.
    pub role: Option<Equality<ParticipantRole>>,
    /// How they answered, and whether they came.
    pub status: Option<Equality<ParticipantStatus>>,
    /// When they joined.
    pub joined_at: Option<Comparison<DateTime>>,
    /// When they left.
    pub left_at: Option<Comparison<DateTime>>,
    /// When they were invited.
    pub created_at: Option<Comparison<DateTime>>,
    /// There is such a one and it meets this. The meeting.
    pub meeting: Option<Box<MeetingWhere>>,
    /// There is such a one and it meets this. The user. Null where that is nobody of the
    /// viewer's workspace.
    pub user: Option<Box<UserWhere>>,
    /// All of these hold.
    pub and: Option<Vec<ParticipantWhere>>,
    /// At least one of these holds.
    pub or: Option<Vec<ParticipantWhere>>,
    /// This does not hold.
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

/// What lists of Participant can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum ParticipantOrderField {
    /// The order in which they were made.
    Id,
    /// What they do in the meeting.
    Role,
    /// How they answered, and whether they came.
    Status,
    /// When they joined.
    JoinedAt,
    /// When they left.
    LeftAt,
    /// When they were invited.
    CreatedAt,
}

impl OrderField for ParticipantOrderField {
    type Of = Participant;

    fn sort_by(self) -> SortBy<participant::Column> {
        match self {
            Self::Id => SortBy::Column(participant::Column::Id),
            Self::Role => SortBy::meaning::<participant::Role>(participant::Column::Role),
            Self::Status => SortBy::meaning::<participant::Status>(participant::Column::Status),
            Self::JoinedAt => SortBy::Column(participant::Column::JoinedAt),
            Self::LeftAt => SortBy::Column(participant::Column::LeftAt),
            Self::CreatedAt => SortBy::Column(participant::Column::CreatedAt),
        }
    }
}

impl Listed for Participant {
    type Where = ParticipantWhere;
    type OrderField = ParticipantOrderField;

    const DEFAULT_ORDER_DESCRIPTION: &'static str = "in the order of invitation";

    fn default_order() -> Vec<OrderBy<ParticipantOrderField>> {
        vec![OrderBy {
            field: ParticipantOrderField::Id,
            direction: OrderDirection::Asc,
        }]
    }
}
