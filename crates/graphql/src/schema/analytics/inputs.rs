//! What `Analytics` can be filtered and sorted by.

use async_graphql::{Enum, InputObject};
use entity::analytics;
use sea_orm::RelationTrait;

use crate::{
    error::Error,
    read::filter::{Comparison, Conditions, Equality, Where},
    read::order::{OrderBy, OrderDirection, OrderField, SortBy},
    read::page::listed::Listed,
    read::row::Id,
    scalar::{DateTime, Float},
    schema::meeting::inputs::MeetingWhere,
};

use super::{Analytics, enums::AnalysisStatus};

/// A condition on analytics objects. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, InputObject)]
pub struct AnalyticsWhere {
    /// Its id.
    pub id: Option<Equality<Id<Analytics>>>,
    /// Its number in its table.
    pub database_id: Option<Comparison<i32>>,
    /// Where the analysis is in its life.
    pub analysis_status: Option<Equality<AnalysisStatus>>,
    /// How effective the meeting was, from 0 to 1.
    pub meeting_effectiveness_score: Option<Comparison<Float>>,
    /// How engaged its participants were, from 0 to 1.
    pub overall_engagement_score: Option<Comparison<Float>>,
    /// How positive its mood was, from 0 to 1.
    pub overall_sentiment_score: Option<Comparison<Float>>,
    /// When the analysis was asked for.
    pub created_at: Option<Comparison<DateTime>>,
    /// When it last changed.
    pub updated_at: Option<Comparison<DateTime>>,
    /// There is such a one and it meets this. The meeting that was analysed.
    pub meeting: Option<Box<MeetingWhere>>,
    /// All of these hold.
    pub and: Option<Vec<AnalyticsWhere>>,
    /// At least one of these holds.
    pub or: Option<Vec<AnalyticsWhere>>,
    /// This does not hold.
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

/// What lists of Analytics can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum AnalyticsOrderField {
    /// The order in which they were made.
    Id,
    /// Where the analysis is in its life.
    AnalysisStatus,
    /// How effective the meeting was, from 0 to 1.
    MeetingEffectivenessScore,
    /// How engaged its participants were, from 0 to 1.
    OverallEngagementScore,
    /// How positive its mood was, from 0 to 1.
    OverallSentimentScore,
    /// When the analysis was asked for.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
}

impl OrderField for AnalyticsOrderField {
    type Of = Analytics;

    fn sort_by(self) -> SortBy<analytics::Column> {
        match self {
            Self::Id => SortBy::Column(analytics::Column::Id),
            Self::AnalysisStatus => {
                SortBy::meaning::<analytics::Status>(analytics::Column::AnalysisStatus)
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
