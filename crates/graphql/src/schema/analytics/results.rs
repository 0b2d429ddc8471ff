//! The mutation that completes an analysis, and the shapes of its results as JSON.

use async_graphql::InputObject;
use entity::analytics::Status;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use super::{
    Analytics,
    actions::COMPLETE,
    lease::{already_ended, lock_leased},
};
use crate::{
    directive::id_of,
    quota::Stored,
    read::row::Id,
    scalar::Uuid,
    schema::{
        mutation_field::{MutationField, field},
        payload::ObjectOutcome,
    },
    write::{
        input::Command,
        limit::{Declared, JsonLimit, Limit, ListLimit},
        number::{check_length, check_position, check_share},
        text::{check_json_size, check_text, json_bytes},
        transaction::{Abort, Transaction},
    },
};

/// The mutations that complete analyses.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<AnalyticsCompleteInput>()];

/// The limits of topics, of action items, and of decisions.
const FINDINGS: (ListLimit, JsonLimit) = (ListLimit::FINDINGS, JsonLimit::FINDINGS);

/// Completes an analysis with its results. The worker must hold the lease. Repeating the call with
/// the same lease token changes nothing and returns the completed analysis.
#[derive(InputObject)]
pub(crate) struct AnalyticsCompleteInput {
    /// The ID of the analysis.
    #[graphql(directive = id_of::apply(Id::<Analytics>::of()))]
    id: Id<Analytics>,
    /// The token of the worker's lease. It remains valid after expiry, as long as no other worker
    /// has claimed the analysis.
    lease_token: Uuid,
    /// How effective the meeting was, from 0 (not at all) to 1.
    meeting_effectiveness_score: Option<f64>,
    /// How engaged the participants were, from 0 (not at all) to 1.
    overall_engagement_score: Option<f64>,
    /// How positive the mood of the meeting was, from 0 (negative) to 1 (positive).
    overall_sentiment_score: Option<f64>,
    /// The topics of the meeting. At most 1000, and 262,144 bytes as JSON.
    #[graphql(default, directive = Declared::apply(FINDINGS))]
    key_topics: Vec<KeyTopicInput>,
    /// The action items mentioned in the meeting. At most 1000, and 262,144 bytes as JSON.
    #[graphql(default, directive = Declared::apply(FINDINGS))]
    action_items_summary: Vec<ActionItemInput>,
    /// The decisions made in the meeting. At most 1000, and 262,144 bytes as JSON.
    #[graphql(default, directive = Declared::apply(FINDINGS))]
    decisions_made: Vec<DecisionInput>,
}

/// A topic of a meeting. Clients read it in `Analytics.topics`.
#[derive(InputObject)]
pub(crate) struct KeyTopicInput {
    /// The topic. At most 255 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::TITLE))]
    topic: String,
    /// The topic's share of the talking time, from 0 to 1.
    share: Option<f64>,
    /// Where the topic starts, in milliseconds from the start of the recording.
    at_ms: Option<i32>,
}

/// An action item mentioned in a meeting. Clients read it in `Analytics.actionItems`.
#[derive(InputObject)]
pub(crate) struct ActionItemInput {
    /// The action item's title. At most 255 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::TITLE))]
    title: String,
    /// The assignee's name in the transcript. At most 120 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::MENTIONED_NAME))]
    assignee: Option<String>,
    /// Where the action item was mentioned, in milliseconds from the start of the recording.
    at_ms: Option<i32>,
}

/// A decision made in a meeting. Clients read it in `Analytics.decisions`.
#[derive(InputObject)]
pub(crate) struct DecisionInput {
    /// The decision. At most 2000 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::DECISION))]
    decision: String,
    /// The speaker's name in the transcript. At most 120 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::MENTIONED_NAME))]
    speaker: Option<String>,
    /// Where the decision was stated, in milliseconds from the start of the recording.
    at_ms: Option<i32>,
}

impl Command for AnalyticsCompleteInput {
    const NAME: &'static str = "analyticsComplete";

    type Outcome = ObjectOutcome<Analytics>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let status = Status::Completed;
        let lease = (&self.id, &self.lease_token);
        if let Some(row) = already_ended(tx, &COMPLETE, status, lease).await? {
            return Ok(ObjectOutcome::new(row));
        }
        let row = lock_leased(tx, &COMPLETE, &self.id, &self.lease_token).await?;
        self.check_scores(tx);
        let topics = findings(tx, "keyTopics", &self.key_topics, KeyTopicInput::to_json);
        let action_items = findings(
            tx,
            "actionItemsSummary",
            &self.action_items_summary,
            ActionItemInput::to_json,
        );
        let decisions = findings(
            tx,
            "decisionsMade",
            &self.decisions_made,
            DecisionInput::to_json,
        );
        tx.ensure_valid()?;
        let bytes = [&topics, &action_items, &decisions].map(json_bytes);
        tx.grow(Stored::default().with_bytes(bytes.into_iter().sum()))?;
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
        Ok(ObjectOutcome::new(tx.update(row).await?))
    }
}

impl AnalyticsCompleteInput {
    fn check_scores(&self, tx: &mut Transaction) {
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
    }
}

impl KeyTopicInput {
    fn to_json(&self, checks: &mut Checks<'_>) -> Value {
        json!({
            "topic": checks.text("topic", Some(&self.topic), Limit::TITLE),
            "share": checks.score("share", self.share),
            "at_ms": checks.position(self.at_ms),
        })
    }
}

impl ActionItemInput {
    fn to_json(&self, checks: &mut Checks<'_>) -> Value {
        json!({
            "title": checks.text("title", Some(&self.title), Limit::TITLE),
            "assignee": checks.text("assignee", self.assignee.as_deref(), Limit::MENTIONED_NAME),
            "at_ms": checks.position(self.at_ms),
        })
    }
}

impl DecisionInput {
    fn to_json(&self, checks: &mut Checks<'_>) -> Value {
        json!({
            "decision": checks.text("decision", Some(&self.decision), Limit::DECISION),
            "speaker": checks.text("speaker", self.speaker.as_deref(), Limit::MENTIONED_NAME),
            "at_ms": checks.position(self.at_ms),
        })
    }
}

/// The entries of a list as the JSON to store, without absent values. Adds a problem for each
/// invalid value.
fn findings<I>(
    tx: &mut Transaction,
    list: &'static str,
    inputs: &[I],
    to_json: impl Fn(&I, &mut Checks<'_>) -> Value,
) -> Value {
    let length = check_length(inputs.len(), ListLimit::FINDINGS);
    if length.is_err() {
        tx.check(length, [list]);
        return Value::Null;
    }
    let inputs = inputs.iter().enumerate();
    let json: Value = inputs
        .map(|(index, input)| {
            let mut checks = Checks {
                tx,
                list,
                index: index.to_string(),
            };
            let mut json = to_json(input, &mut checks);
            if let Some(fields) = json.as_object_mut() {
                fields.retain(|_, value| *value != Value::Null);
            }
            json
        })
        .collect();
    tx.check(check_json_size(&json, JsonLimit::FINDINGS), [list]);
    json
}

/// Checks the fields of one entry of a list.
struct Checks<'a> {
    tx: &'a mut Transaction,
    list: &'static str,
    index: String,
}

impl Checks<'_> {
    fn text(&mut self, field: &str, text: Option<&str>, limit: Limit) -> Option<String> {
        check_text(text?, limit)
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
