//! The filter and the sort fields of `Meeting`.

use async_graphql::{Enum, InputObject};
use entity::meeting;
use sea_orm::RelationTrait;

use crate::{
    directive::{condition, indexed_equality, indexed_order, indexed_range, unique_value},
    error::Error,
    read::{
        filter::{Comparison, Conditions, Equality, ListWhere, StringFilter, Where},
        order::{OrderBy, OrderDirection, OrderField, SortBy},
        page::listed::Listed,
        row::Id,
    },
    scalar::DateTime,
    schema::{
        analytics::inputs::AnalyticsWhere, participant::inputs::ParticipantWhere,
        session::inputs::SessionWhere, task::inputs::TaskWhere, user::inputs::UserWhere,
        workspace::inputs::WorkspaceWhere,
    },
};

use super::{Meeting, enums::MeetingStatus};

/// Filters meetings. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct MeetingWhere {
    /// Filters by ID.
    #[graphql(directive = unique_value::apply())]
    pub id: Option<Equality<Id<Meeting>>>,
    /// Filters by database ID.
    #[graphql(directive = unique_value::apply(), directive = indexed_range::apply("ID".to_owned()))]
    pub database_id: Option<Comparison<i32>>,
    /// Filters by title.
    pub title: Option<StringFilter>,
    /// Filters by description.
    pub description: Option<StringFilter>,
    /// Filters by status.
    #[graphql(directive = indexed_equality::apply("CREATED_AT".to_owned()))]
    pub status: Option<Equality<MeetingStatus>>,
    /// Filters by scheduled start.
    #[graphql(directive = indexed_range::apply("SCHEDULED_START".to_owned()))]
    pub scheduled_start: Option<Comparison<DateTime>>,
    /// Filters by scheduled end.
    pub scheduled_end: Option<Comparison<DateTime>>,
    /// Filters by time of creation.
    #[graphql(directive = indexed_range::apply("CREATED_AT".to_owned()))]
    pub created_at: Option<Comparison<DateTime>>,
    /// Filters by time of the last update.
    pub updated_at: Option<Comparison<DateTime>>,
    /// The related workspace exists and matches this filter.
    pub workspace: Option<Box<WorkspaceWhere>>,
    /// The organizer exists and matches this filter.
    pub organizer: Option<Box<UserWhere>>,
    /// The linked session exists and matches this filter.
    pub session: Option<Box<SessionWhere>>,
    /// The related analysis exists and matches this filter.
    pub analytics: Option<Box<AnalyticsWhere>>,
    /// Filters by the meeting's tasks.
    pub tasks: Option<ListWhere<TaskWhere>>,
    /// Filters by the meeting's participants.
    pub participants: Option<ListWhere<ParticipantWhere>>,
    /// All of these filters match.
    pub and: Option<Vec<MeetingWhere>>,
    /// At least one of these filters matches.
    pub or: Option<Vec<MeetingWhere>>,
    /// This filter does not match.
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

/// The fields that lists of meetings can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum MeetingOrderField {
    /// The order of creation.
    #[graphql(directive = indexed_order::apply(None))]
    Id,
    /// The title.
    Title,
    /// The status, in the order `DRAFT`, `SCHEDULED`, `LIVE`, `COMPLETED`, `CANCELLED`.
    Status,
    /// When the meeting is scheduled to start.
    #[graphql(directive = indexed_order::apply(Some("Workspace".to_owned())))]
    ScheduledStart,
    /// When the meeting is scheduled to end.
    ScheduledEnd,
    /// When the meeting was created.
    #[graphql(directive = indexed_order::apply(Some("Workspace".to_owned())))]
    CreatedAt,
    /// When the meeting was last updated.
    UpdatedAt,
}

impl OrderField for MeetingOrderField {
    type Of = Meeting;

    fn sort_by(self) -> SortBy<meeting::Column> {
        match self {
            Self::Id => SortBy::Column(meeting::Column::Id),
            Self::Title => SortBy::Column(meeting::Column::Title),
            Self::Status => SortBy::rank::<meeting::Status>(meeting::Column::Status),
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
