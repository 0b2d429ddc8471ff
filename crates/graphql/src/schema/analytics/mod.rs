//! `Analytics`: the type, its fields and its relations.

pub(crate) mod actions;
pub(crate) mod enums;
pub(crate) mod inputs;
mod lease;
pub(crate) mod mutations;
pub(crate) mod queue;
pub(crate) mod results;

use std::sync::Arc;

use async_graphql::Context;
use entity::{analytics, meeting};

use self::enums::AnalysisStatus;
use crate::{
    directive::shared_statement,
    error::Error,
    scalar::{DateTime, Json},
    schema::meeting::Meeting,
    schema::object::object,
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

object! {
    /// What analysis found in a meeting. There is at most one for a meeting.
    Analytics of analytics;
    columns {
        /// Where the analysis is in its life.
        analysis_status: AnalysisStatus;
        /// How effective the meeting was, from 0 to 1.
        meeting_effectiveness_score: Option<f64>;
        /// How engaged its participants were, from 0 to 1.
        overall_engagement_score: Option<f64>;
        /// How positive its mood was, from 0 to 1.
        overall_sentiment_score: Option<f64>;
        /// What was talked about.
        key_topics: Option<Json>;
        /// What is to be done.
        action_items_summary: Option<Json>;
        /// What was decided.
        decisions_made: Option<Json>;
        /// When the analysis was asked for.
        created_at: DateTime;
        /// When it last changed.
        updated_at: DateTime;
    }
    required {
        /// The meeting that was analysed.
        meeting: Meeting = MEETING(meeting_id -> meeting::Column::Id);
    }
    fields {
        /// The states to which it can go from where it is, whoever may bring it there.
        #[graphql(directive = shared_statement::apply())]
        async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<AnalysisStatus>, Error> {
            allowed_transitions::<Self, _>(ctx, &self.0).await
        }

        #[graphql(flatten)]
        fn abilities(&self) -> Fields<Abilities<Self>> {
            Fields(Abilities(Arc::clone(&self.0)))
        }
    }
}
