//! `Analytics`: its fields and relations here; its filters, actions and mutations in the modules.

pub(crate) mod actions;
pub(crate) mod enums;
pub(crate) mod findings;
pub(crate) mod inputs;
mod lease;
pub(crate) mod mutations;
pub(crate) mod queue;
pub(crate) mod results;

use std::sync::Arc;

use async_graphql::Context;
use entity::{analytics, meeting};

use self::{
    enums::AnalysisStatus,
    findings::{ActionItem, Decision, KeyTopic, USUAL_LENGTH, findings},
};
use crate::{
    directive::{large, shared_statement},
    error::Error,
    read::page::items::Items,
    scalar::{DateTime, Float, Json},
    schema::{meeting::Meeting, object::object},
    table::Fields,
    write::ability::{Abilities, allowed_transitions},
};

object! {
    /// The analysis of a meeting, with its results. A meeting has at most one.
    Analytics of analytics;
    columns {
        /// The current status.
        analysis_status: AnalysisStatus;
        /// How effective the meeting was, from 0 (not at all) to 1. Null if unknown.
        meeting_effectiveness_score: Option<Float>;
        /// How engaged the participants were, from 0 (not at all) to 1. Null if unknown.
        overall_engagement_score: Option<Float>;
        /// How positive the mood of the meeting was, from 0 (negative) to 1 (positive). Null if
        /// unknown.
        overall_sentiment_score: Option<Float>;
        /// The topics of the meeting, as a list of
        /// `{"topic": String, "share": Float, "at_ms": Int}`. Unknown values are omitted. Null if
        /// there are no results yet.
        #[graphql(
            deprecation = "Use `topics`, which is typed.",
            directive = large::apply(None, None)
        )]
        key_topics: Option<Json>;
        /// The action items mentioned in the meeting, as a list of
        /// `{"title": String, "assignee": String, "at_ms": Int}`. Unknown values are omitted. Null
        /// if there are no results yet.
        #[graphql(
            deprecation = "Use `actionItems`, which is typed.",
            directive = large::apply(None, None)
        )]
        action_items_summary: Option<Json>;
        /// The decisions made in the meeting, as a list of
        /// `{"decision": String, "speaker": String, "at_ms": Int}`. Unknown values are omitted.
        /// Null if there are no results yet.
        #[graphql(
            deprecation = "Use `decisions`, which is typed.",
            directive = large::apply(None, None)
        )]
        decisions_made: Option<Json>;
        /// When the analysis was first requested.
        created_at: DateTime;
        /// When the analysis was last updated.
        updated_at: DateTime;
    }
    required {
        /// The analyzed meeting.
        meeting: Meeting = MEETING(meeting_id -> meeting::Column::Id);
    }
    fields {
        /// The topics of the meeting. Null if there are no results yet, or if another program stored
        /// them in another form, which `keyTopics` shows as it is.
        #[graphql(directive = large::apply(Some("keyTopics".to_owned()), Some(USUAL_LENGTH)))]
        fn topics(&self) -> Option<Items<KeyTopic>> {
            findings(self.0.key_topics.as_ref())
        }

        /// The action items mentioned in the meeting. Null if there are no results yet, or if another
        /// program stored them in another form, which `actionItemsSummary` shows as it is.
        #[graphql(
            directive = large::apply(Some("actionItemsSummary".to_owned()), Some(USUAL_LENGTH))
        )]
        fn action_items(&self) -> Option<Items<ActionItem>> {
            findings(self.0.action_items_summary.as_ref())
        }

        /// The decisions made in the meeting. Null if there are no results yet, or if another program
        /// stored them in another form, which `decisionsMade` shows as it is.
        #[graphql(directive = large::apply(Some("decisionsMade".to_owned()), Some(USUAL_LENGTH)))]
        fn decisions(&self) -> Option<Items<Decision>> {
            findings(self.0.decisions_made.as_ref())
        }

        /// The statuses that this analysis can move to from its current one. Whether the viewer may
        /// make the change is in the `viewerCan…` fields.
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
