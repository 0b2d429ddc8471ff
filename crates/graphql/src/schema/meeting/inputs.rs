//! What `Meeting` can be filtered and sorted by.

use async_graphql::{Enum, InputObject};
use entity::meeting;
use sea_orm::RelationTrait;

use crate::{
    error::Error,
    read::filter::{Comparison, Conditions, Equality, ListWhere, StringFilter, Where},
    read::order::{OrderBy, OrderDirection, OrderField, SortBy},
    read::page::listed::Listed,
    read::row::Id,
    scalar::DateTime,
    schema::analytics::inputs::AnalyticsWhere,
    schema::participant::inputs::ParticipantWhere,
    schema::session::inputs::SessionWhere,
    schema::task::inputs::TaskWhere,
    schema::user::inputs::UserWhere,
    schema::workspace::inputs::WorkspaceWhere,
};

use super::{Meeting, enums::MeetingStatus};

/// A condition on meeting objects. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct MeetingWhere {
    /// Its id.
    pub id: Option<Equality<Id<Meeting>>>,
    /// Its number in its table.
    pub database_id: Option<Comparison<i32>>,
    /// What it is about. At most 255 characters.
    pub title: Option<StringFilter>,
    /// More about it.
    pub description: Option<StringFilter>,
    /// Where it is in its life.
    pub status: Option<Equality<MeetingStatus>>,
    /// When it is to begin.
    pub scheduled_start: Option<Comparison<DateTime>>,
    /// When it is to end.
    pub scheduled_end: Option<Comparison<DateTime>>,
    /// When it was made.
    pub created_at: Option<Comparison<DateTime>>,
    /// When it last changed.
    pub updated_at: Option<Comparison<DateTime>>,
    /// There is such a one and it meets this. The workspace that it belongs to.
    pub workspace: Option<Box<WorkspaceWhere>>,
    /// There is such a one and it meets this. Who runs it. Null where that is nobody of the
    /// viewer's workspace.
    pub organizer: Option<Box<UserWhere>>,
    /// There is such a one and it meets this. The session that transcribes it, if one is
    /// linked.
    pub session: Option<Box<SessionWhere>>,
    /// There is such a one and it meets this. What analysis found in it, if any was asked for.
    pub analytics: Option<Box<AnalyticsWhere>>,
    /// The action items that came of it.
    pub tasks: Option<ListWhere<TaskWhere>>,
    /// Who is invited, and how they answered.
    pub participants: Option<ListWhere<ParticipantWhere>>,
    /// All of these hold.
    pub and: Option<Vec<MeetingWhere>>,
    /// At least one of these holds.
    pub or: Option<Vec<MeetingWhere>>,
    /// This does not hold.
    pub not: Option<Box<MeetingWhere>>,
}

impl Where for MeetingWhere {
    type Of = Meeting;

    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error> {
        conditions
            .column(meeting::Column::Id, self.id.as_ref())?
            .column(meeting::Column::Id, self.database_id.as_ref())?
            .column(meeting::Column::Title, self.title.as_ref())?
            .column(meeting::Column::Description, self.description.as_ref())?
            .column(meeting::Column::Status, self.status.as_ref())?
            .column(
                meeting::Column::ScheduledStart,
                self.scheduled_start.as_ref(),
            )?
            .column(meeting::Column::ScheduledEnd, self.scheduled_end.as_ref())?
            .column(meeting::Column::CreatedAt, self.created_at.as_ref())?
            .column(meeting::Column::UpdatedAt, self.updated_at.as_ref())?
            .one(
                meeting::Relation::Workspace.def(),
                self.workspace.as_deref(),
            )?
            .one(meeting::Relation::User.def(), self.organizer.as_deref())?
            .one(meeting::Relation::Session.def(), self.session.as_deref())?
            .one(
                meeting::Relation::Analytics.def(),
                self.analytics.as_deref(),
            )?
            .many(&|| meeting::Relation::Task.def(), self.tasks.as_ref())?
            .many(
                &|| meeting::Relation::Participant.def(),
                self.participants.as_ref(),
            )?
            .combined(self.and.as_ref(), self.or.as_ref(), self.not.as_deref())
    }
}

/// What lists of Meeting can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum MeetingOrderField {
    /// The order in which they were made.
    Id,
    /// What it is about. At most 255 characters.
    Title,
    /// Where it is in its life.
    Status,
    /// When it is to begin.
    ScheduledStart,
    /// When it is to end.
    ScheduledEnd,
    /// When it was made.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
}

impl OrderField for MeetingOrderField {
    type Of = Meeting;

    fn sort_by(self) -> SortBy<meeting::Column> {
        match self {
            Self::Id => SortBy::Column(meeting::Column::Id),
            Self::Title => SortBy::Column(meeting::Column::Title),
            Self::Status => SortBy::meaning::<meeting::Status>(meeting::Column::Status),
            Self::ScheduledStart => SortBy::Column(meeting::Column::ScheduledStart),
            Self::ScheduledEnd => SortBy::Column(meeting::Column::ScheduledEnd),
            Self::CreatedAt => SortBy::Column(meeting::Column::CreatedAt),
            Self::UpdatedAt => SortBy::Column(meeting::Column::UpdatedAt),
        }
    }
}

impl Listed for Meeting {
    type Where = MeetingWhere;
    type OrderField = MeetingOrderField;

    const DEFAULT_ORDER_DESCRIPTION: &'static str = "newest first";

    fn default_order() -> Vec<OrderBy<MeetingOrderField>> {
        vec![OrderBy {
            field: MeetingOrderField::Id,
            direction: OrderDirection::Desc,
        }]
    }
}
