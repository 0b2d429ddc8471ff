//! The results of analyses, and the shapes of their JSON.

use async_graphql::InputObject;
use entity::analytics::Status;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use super::{
    Analytics,
    actions::COMPLETE,
    lease::{handed_in_before, held},
};
use crate::{
    read::row::Id,
    scalar::Uuid,
    schema::mutation_field::{MutationField, field},
    schema::payload::ObjectOutcome,
    write::input::Command,
    write::number::{check_length, check_position, check_share},
    write::text::{Limit, check_text},
    write::transaction::{Abort, Transaction},
};

/// The mutation that hands in results.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<AnalyticsCompleteInput>()];

/// How many topics, action items or decisions results may have.
const MOST_FINDINGS: usize = 1000;

/// Hands in the results of an analysis that the worker holds. It can be repeated: the first
/// results stay.
#[derive(InputObject)]
pub(crate) struct AnalyticsCompleteInput {
    /// Which analysis.
    id: Id<Analytics>,
    /// The token of the worker's lease. It is good also after its end, as long as nobody else was
    /// given the analysis.
    lease_token: Uuid,
    /// How effective the meeting was, from 0 to 1.
    meeting_effectiveness_score: Option<f64>,
    /// How engaged its participants were, from 0 to 1.
    overall_engagement_score: Option<f64>,
    /// How positive its mood was, from 0 to 1.
    overall_sentiment_score: Option<f64>,
    /// What was talked about, at most 1000 topics.
    #[graphql(default)]
    key_topics: Vec<KeyTopicInput>,
    /// What is to be done, at most 1000 items.
    #[graphql(default)]
    action_items_summary: Vec<ActionItemInput>,
    /// What was decided, at most 1000 decisions.
    #[graphql(default)]
    decisions_made: Vec<DecisionInput>,
}

/// A topic, which `keyTopics` shows as `{"topic": String, "share": Float, "at_ms": Int}`.
#[derive(InputObject)]
pub(crate) struct KeyTopicInput {
    /// The topic. At most 255 characters.
    topic: String,
    /// Which part of the talk it took, from 0 to 1.
    share: Option<f64>,
    /// Where it begins, in milliseconds from the start of the recording.
    at_ms: Option<i32>,
}

/// Something to be done, which `actionItemsSummary` shows as
/// `{"title": String, "assignee": String, "at_ms": Int}`.
#[derive(InputObject)]
pub(crate) struct ActionItemInput {
    /// What is to be done. At most 255 characters.
    title: String,
    /// Who is to do it, as the transcript names them. At most 120 characters.
    assignee: Option<String>,
    /// Where it was said, in milliseconds from the start of the recording.
    at_ms: Option<i32>,
}

/// A decision, which `decisionsMade` shows as
/// `{"decision": String, "speaker": String, "at_ms": Int}`.
#[derive(InputObject)]
pub(crate) struct DecisionInput {
    /// What was decided. At most 2000 characters.
    decision: String,
    /// Who said so, as the transcript names them. At most 120 characters.
    speaker: Option<String>,
    /// Where it was said, in milliseconds from the start of the recording.
    at_ms: Option<i32>,
}

impl Command for AnalyticsCompleteInput {
    const NAME: &'static str = "analyticsComplete";

    type Outcome = ObjectOutcome<Analytics>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let status = Status::Completed;
        let lease = (&self.id, &self.lease_token);
        let ended = handed_in_before(tx, &COMPLETE, status, lease).await?;
        if let Some(row) = ended {
            return Ok(ObjectOutcome::new(row));
        }
        let row = held(tx, &COMPLETE, &self.id, &self.lease_token).await?;
        for (field, score) in [
            (
                "meetingEffectivenessScore",
                self.meeting_effectiveness_score,
            ),
            ("overallEngagementScore", self.overall_engagement_score),
            ("overallSentimentScore", self.overall_sentiment_score),
        ] {
            tx.check(check_share(score), [field]);
        }
        let topics = findings(tx, "keyTopics", &self.key_topics, |checks, input| {
            json!({
                "topic": checks.text("topic", Some(&input.topic), 255),
                "share": checks.score("share", input.share),
                "at_ms": checks.position(input.at_ms),
            })
        });
        let items = &self.action_items_summary;
        let action_items = findings(tx, "actionItemsSummary", items, |checks, input| {
            json!({
                "title": checks.text("title", Some(&input.title), 255),
                "assignee": checks.text("assignee", input.assignee.as_deref(), 120),
                "at_ms": checks.position(input.at_ms),
            })
        });
        let decisions = findings(
            tx,
            "decisionsMade",
            &self.decisions_made,
            |checks, input| {
                json!({
                    "decision": checks.text("decision", Some(&input.decision), 2000),
                    "speaker": checks.text("speaker", input.speaker.as_deref(), 120),
                    "at_ms": checks.position(input.at_ms),
                })
            },
        );
        tx.ensure_valid()?;
        let updated_at = tx.now_after(row.updated_at);
        let mut row = row.into_active_model();
        row.analysis_status = Set(Some(status));
        row.meeting_effectiveness_score = Set(self.meeting_effectiveness_score);
        row.overall_engagement_score = Set(self.overall_engagement_score);
        row.overall_sentiment_score = Set(self.overall_sentiment_score);
        row.key_topics = Set(Some(topics));
        row.action_items_summary = Set(Some(action_items));
        row.decisions_made = Set(Some(decisions));
        row.updated_at = Set(Some(updated_at));
        Ok(ObjectOutcome::new(row.update(tx.connection()).await?))
    }
}

/// The findings of a list as they are stored; notes what is wrong with them.
fn findings<I>(
    tx: &mut Transaction,
    list: &'static str,
    inputs: &[I],
    as_json: impl Fn(&mut Checks<'_>, &I) -> Value,
) -> Value {
    let length = check_length(inputs.len(), MOST_FINDINGS, "entries");
    if length.is_err() {
        tx.check(length, [list]);
        return Value::Null;
    }
    let inputs = inputs.iter().enumerate();
    inputs
        .map(|(index, input)| {
            let mut checks = Checks {
                tx,
                list,
                index: index.to_string(),
            };
            let mut json = as_json(&mut checks, input);
            if let Some(fields) = json.as_object_mut() {
                fields.retain(|_, value| *value != Value::Null);
            }
            json
        })
        .collect()
}

/// Checks the fields of one finding.
struct Checks<'a> {
    tx: &'a mut Transaction,
    list: &'static str,
    index: String,
}

impl Checks<'_> {
    fn text(&mut self, field: &str, text: Option<&str>, most: usize) -> Option<String> {
        check_text(text?, Limit::name(most))
            .map_err(|problem| {
                let problem = problem.at([self.list, &self.index, field]);
                self.tx.add_problem(problem);
            })
            .ok()
    }

    fn score(&mut self, field: &str, score: Option<f64>) -> Option<f64> {
        let path = [self.list, &self.index, field];
        self.tx.check(check_share(score), path);
        score
    }

    fn position(&mut self, at_ms: Option<i32>) -> Option<i32> {
        let path = [self.list, &self.index, "atMs"];
        self.tx.check(check_position(at_ms), path);
        at_ms
    }
}
