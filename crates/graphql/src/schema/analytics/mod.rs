//! `Analytics`: the type, its fields and its relations.

mod actions;
mod inputs;
mod mutations;
mod queue;
mod results;

pub use inputs::{AnalysisStatus, AnalyticsWhere};
pub(crate) use mutations::MUTATIONS;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use entity::{analytics, meeting};

use crate::{
    error::Error,
    read::context::ContextExt,
    read::relation::Relation,
    read::row::Row,
    scalar::{DateTime, Json},
    schema::meeting::Meeting,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

/// What analysis found in a meeting. There is at most one for a meeting.
#[derive(Clone)]
pub struct Analytics(pub(crate) Arc<analytics::Model>);

impl From<Arc<analytics::Model>> for Analytics {
    fn from(row: Arc<analytics::Model>) -> Self {
        Self(row)
    }
}

impl Row for Analytics {
    type Entity = analytics::Entity;

    const NAME: &'static str = "Analytics";
    const ID: analytics::Column = analytics::Column::Id;

    fn database_id(row: &analytics::Model) -> i32 {
        row.id
    }
}

/// What analysis found in a meeting. There is at most one for a meeting.
#[Object]
impl Analytics {
    /// The global id: opaque, and good for `node`.
    pub(crate) async fn id(&self) -> ID {
        Self::global_id(&self.0)
    }

    /// The number of the object in its table.
    pub(crate) async fn database_id(&self) -> i32 {
        self.0.id
    }

    /// Where the analysis is in its life.
    fn analysis_status(&self) -> AnalysisStatus {
        self.0.analysis_status.unwrap_or_default().into()
    }

    /// How effective the meeting was, from 0 to 1.
    fn meeting_effectiveness_score(&self) -> Option<f64> {
        self.0.meeting_effectiveness_score
    }

    /// How engaged its participants were, from 0 to 1.
    fn overall_engagement_score(&self) -> Option<f64> {
        self.0.overall_engagement_score
    }

    /// How positive its mood was, from 0 to 1.
    fn overall_sentiment_score(&self) -> Option<f64> {
        self.0.overall_sentiment_score
    }

    /// What was talked about.
    fn key_topics(&self) -> Option<Json> {
        self.0.key_topics.clone().map(Json)
    }

    /// What is to be done.
    fn action_items_summary(&self) -> Option<Json> {
        self.0.action_items_summary.clone().map(Json)
    }

    /// What was decided.
    fn decisions_made(&self) -> Option<Json> {
        self.0.decisions_made.clone().map(Json)
    }

    /// When the analysis was asked for.
    fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at.unwrap_or_default())
    }

    /// When it last changed.
    fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at.unwrap_or_default())
    }

    /// The meeting that was analysed.
    async fn meeting(&self, ctx: &Context<'_>) -> Result<Meeting, Error> {
        ctx.required(&MEETING, self).await
    }

    /// The states to which it can go from where it is, whoever may bring it there.
    async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<AnalysisStatus>, Error> {
        allowed_transitions::<Self, _>(ctx, &self.0).await
    }

    #[graphql(flatten)]
    fn abilities(&self) -> Fields<Abilities<Self>> {
        Fields(Abilities(Arc::clone(&self.0)))
    }
}

/// `Analytics.meeting`.
static MEETING: Relation<Analytics, Meeting> =
    Relation::new(meeting::Column::Id, |analytics| analytics.0.meeting_id);
