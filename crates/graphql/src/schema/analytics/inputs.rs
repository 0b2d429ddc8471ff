//! The filter and the sort fields of `Analytics`.

use async_graphql::{Enum, InputObject};
use entity::analytics;
use sea_orm::RelationTrait;

use crate::{
    directive::{condition, indexed_equality, indexed_order, indexed_range, unique_value},
    error::Error,
    read::{
        filter::{Comparison, Conditions, Equality, Where},
        order::{OrderBy, OrderDirection, OrderField, SortBy},
        page::listed::Listed,
        row::Id,
    },
    scalar::{DateTime, Float},
    schema::meeting::inputs::MeetingWhere,
};

use super::{Analytics, enums::AnalysisStatus};

/// Filters analyses. All given conditions must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
#[graphql(directive = condition::apply(None))]
pub struct AnalyticsWhere {
    /// Filters by ID.
    #[graphql(directive = unique_value::apply())]
    pub id: Option<Equality<Id<Analytics>>>,
    /// Filters by database ID.
    #[graphql(directive = unique_value::apply(), directive = indexed_range::apply("ID".to_owned()))]
    pub database_id: Option<Comparison<i32>>,
    /// Filters by status.
    #[graphql(directive = indexed_equality::apply("CREATED_AT".to_owned()))]
    pub analysis_status: Option<Equality<AnalysisStatus>>,
    /// Filters by effectiveness score.
    pub meeting_effectiveness_score: Option<Comparison<Float>>,
    /// Filters by engagement score.
    pub overall_engagement_score: Option<Comparison<Float>>,
    /// Filters by sentiment score.
    pub overall_sentiment_score: Option<Comparison<Float>>,
    /// Filters by time of the first request.
    #[graphql(directive = indexed_range::apply("CREATED_AT".to_owned()))]
    pub created_at: Option<Comparison<DateTime>>,
    /// Filters by time of the last update.
    pub updated_at: Option<Comparison<DateTime>>,
    /// The related meeting exists and matches this filter.
    pub meeting: Option<Box<MeetingWhere>>,
    /// All of these filters match.
    pub and: Option<Vec<AnalyticsWhere>>,
    /// At least one of these filters matches.
    pub or: Option<Vec<AnalyticsWhere>>,
    /// This filter does not match.
    pub not: Option<Box<AnalyticsWhere>>,
}

impl Where for AnalyticsWhere {
    type Of = Analytics;

    fn add_to<'a>(&self, conditions: Conditions<'a>) -> Result<Conditions<'a>, Error> {
        conditions
            .column(analytics::Column::Id, self.id.as_ref())?
            .column(analytics::Column::Id, self.database_id.as_ref())?
            .column(
                analytics::Column::AnalysisStatus,
                self.analysis_status.as_ref(),
            )?
            .column(
                analytics::Column::MeetingEffectivenessScore,
                self.meeting_effectiveness_score.as_ref(),
            )?
            .column(
                analytics::Column::OverallEngagementScore,
                self.overall_engagement_score.as_ref(),
            )?
            .column(
                analytics::Column::OverallSentimentScore,
                self.overall_sentiment_score.as_ref(),
            )?
            .column(analytics::Column::CreatedAt, self.created_at.as_ref())?
            .column(analytics::Column::UpdatedAt, self.updated_at.as_ref())?
            .one(analytics::Relation::Meeting.def(), self.meeting.as_deref())?
            .combined(self.and.as_ref(), self.or.as_ref(), self.not.as_deref())
    }
}

/// The fields that lists of analyses can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum AnalyticsOrderField {
    /// The order of the first request.
    #[graphql(directive = indexed_order::apply(None))]
    Id,
    /// The status, in the order `PENDING`, `PROCESSING`, `COMPLETED`, `ERROR`.
    AnalysisStatus,
    /// The effectiveness score.
    MeetingEffectivenessScore,
    /// The engagement score.
    OverallEngagementScore,
    /// The sentiment score.
    OverallSentimentScore,
    /// When the analysis was first requested.
    #[graphql(directive = indexed_order::apply(Some("Workspace".to_owned())))]
    CreatedAt,
    /// When the analysis was last updated.
    UpdatedAt,
}

impl OrderField for AnalyticsOrderField {
    type Of = Analytics;

    fn sort_by(self) -> SortBy<analytics::Column> {
        match self {
            Self::Id => SortBy::Column(analytics::Column::Id),
            Self::AnalysisStatus => {
                SortBy::rank::<analytics::Status>(analytics::Column::AnalysisStatus)
            }
            Self::MeetingEffectivenessScore => {
                SortBy::Column(analytics::Column::MeetingEffectivenessScore)
            }
            Self::OverallEngagementScore => {
                SortBy::Column(analytics::Column::OverallEngagementScore)
            }
            Self::OverallSentimentScore => SortBy::Column(analytics::Column::OverallSentimentScore),
            Self::CreatedAt => SortBy::Column(analytics::Column::CreatedAt),
            Self::UpdatedAt => SortBy::Column(analytics::Column::UpdatedAt),
        }
    }
}

impl Listed for Analytics {
    type Where = AnalyticsWhere;
    type OrderField = AnalyticsOrderField;

    const DEFAULT_ORDER_DESCRIPTION: &'static str = "newest first";

    fn default_order() -> Vec<OrderBy<AnalyticsOrderField>> {
        vec![OrderBy {
            field: AnalyticsOrderField::Id,
            direction: OrderDirection::Desc,
        }]
    }
}
