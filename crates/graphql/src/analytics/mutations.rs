//! Mutations of analyses: asking for one, and the queue from which workers take them.
//!
//! A worker that claims an analysis gets a lease on it. Until the lease ends nobody else is given
//! it; what a worker held that crashed comes back by itself.

use async_graphql::{InputObject, SimpleObject};
use chrono::TimeDelta;
use entity::{
    analytics::{self, Status},
    bookkeeping::analysis_lease as lease,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, IntoActiveModel, Order,
    QueryFilter,
    sea_query::{Asterisk, Cond, Expr, LockBehavior, LockType, OnConflict, Query},
};
use serde_json::{Value, json};
use uuid::Uuid as NewUuid;

use super::{
    Analytics,
    actions::{COMPLETE, FAIL, RENEW, REQUEST_AGAIN},
};
use crate::{
    action::Action,
    error::Error,
    filter::ROOT_TABLE,
    meeting::{Meeting, REQUEST_ANALYTICS},
    node::Id,
    scalar::{DateTime, Uuid},
    select,
    user_error::{UserError, UserErrorCode},
    workspace::WORK_ON_ANALYSES,
    write::{Change, Limit, Made, MutationField, One, Stop, Write, check_text, field},
};

/// The mutations of analyses.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<AnalyticsRequestInput>(),
    field::<AnalyticsClaimInput>(),
    field::<AnalyticsRenewInput>(),
    field::<AnalyticsCompleteInput>(),
    field::<AnalyticsFailInput>(),
];

/// How many analyses one call claims.
const MOST_CLAIMS: i32 = 100;
/// How long a lease may last, in seconds.
const LEASES: std::ops::RangeInclusive<i32> = 5..=3600;
/// How many topics, action items or decisions results may have.
const MOST_FINDINGS: usize = 1000;

/// Asks for the analysis of a meeting. One that is waiting or being processed stays so; one that
/// has ended is put back into the queue.
#[derive(InputObject)]
pub(crate) struct AnalyticsRequestInput {
    /// Of which meeting.
    meeting_id: Id<Meeting>,
}

impl Change for AnalyticsRequestInput {
    type Outcome = One<Analytics>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let meeting = write
            .act_on(&REQUEST_ANALYTICS, &self.meeting_id, "meetingId")
            .await?;
        let found = analytics::Entity::find()
            .filter(analytics::Column::MeetingId.eq(meeting.id))
            .one(write.transaction())
            .await?;
        let analytics = match found {
            None => {
                let now = Some(write.now());
                let analytics = analytics::ActiveModel {
                    meeting_id: Set(Some(meeting.id)),
                    analysis_status: Set(Some(Status::Pending)),
                    created_at: Set(now),
                    updated_at: Set(now),
                    ..Default::default()
                };
                analytics.insert(write.transaction()).await?
            }
            Some(found) => {
                let found = write.lock::<Analytics>(found.id).await?.unwrap_or(found);
                match REQUEST_AGAIN.obstacle(&found, write).await? {
                    Some(_) => found,
                    None => set_status(write, found, Status::Pending).await?,
                }
            }
        };
        Ok(One::new(analytics))
    }
}

/// Gives a worker the analyses that have waited longest: those that are pending, and those whose
/// worker has let its lease end. No two workers are given the same.
#[derive(InputObject)]
pub(crate) struct AnalyticsClaimInput {
    /// How many at most, 1 to 100.
    #[graphql(default = 1)]
    first: i32,
    /// How long the worker may hold them, 5 to 3600 seconds.
    #[graphql(default = 300)]
    lease_seconds: i32,
}

/// What a worker was given.
#[derive(SimpleObject, Default)]
pub(crate) struct Claims {
    /// The analyses with their leases. None if there is nothing to do.
    claims: Vec<AnalyticsClaim>,
}

impl Made for Claims {}

/// An analysis that a worker holds.
#[derive(SimpleObject)]
pub(crate) struct AnalyticsClaim {
    /// The analysis.
    analytics: Analytics,
    /// What the worker shows when it hands in the results.
    lease_token: Uuid,
    /// When somebody else may be given it.
    expires_at: DateTime,
}

impl Change for AnalyticsClaimInput {
    type Outcome = Claims;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        write.in_workspace(&WORK_ON_ANALYSES).await?;
        if !(1..=MOST_CLAIMS).contains(&self.first) {
            let message = format!("It must be from 1 to {MOST_CLAIMS}.");
            write.mistake(UserError::new(
                UserErrorCode::OutOfRange,
                ["first"],
                message,
            ));
        }
        let lease = lease_time(write, self.lease_seconds);
        write.settled()?;
        let mut claims = Vec::new();
        for row in claimable(write, self.first.unsigned_abs().into()).await? {
            claims.push(claim(write, row, lease).await?);
        }
        Ok(Claims { claims })
    }
}

/// The analyses that have waited longest and that nobody holds, locked.
async fn claimable(write: &Write, most: u64) -> Result<Vec<analytics::Model>, Error> {
    let column = |column| Expr::col((ROOT_TABLE, column));
    let lease = Query::select()
        .expr(Expr::cust("1"))
        .from(lease::Entity)
        .and_where(
            Expr::col((lease::Entity, lease::Column::AnalyticsId))
                .equals((ROOT_TABLE, analytics::Column::Id)),
        )
        .and_where(Expr::col((lease::Entity, lease::Column::ExpiresAt)).gt(write.now()))
        .take();
    let status = || column(analytics::Column::AnalysisStatus);
    let mut statement = select::visible::<Analytics>(write.viewer()?);
    statement
        .column((ROOT_TABLE, Asterisk))
        .cond_where(
            Cond::any()
                .add(status().eq(Status::Pending))
                .add(status().is_null())
                .add(
                    status()
                        .eq(Status::Processing)
                        .and(Expr::exists(lease).not()),
                ),
        )
        .order_by((ROOT_TABLE, analytics::Column::CreatedAt), Order::Asc)
        .order_by((ROOT_TABLE, analytics::Column::Id), Order::Asc)
        .limit(most)
        .lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
    let rows = write.transaction().query_all(&statement).await?;
    let rows = rows
        .iter()
        .map(|row| analytics::Model::from_query_result(row, ""))
        .collect::<Result<Vec<_>, _>>()?;
    // The statement saw the leases as they were when it began. Somebody else may have claimed an
    // ended one since, and have let go of the lock before this one came to it.
    let ids = rows.iter().map(|row| row.id);
    let held: Vec<i32> = lease::Entity::find()
        .filter(lease::Column::AnalyticsId.is_in(ids))
        .filter(lease::Column::ExpiresAt.gt(write.now()))
        .all(write.transaction())
        .await?
        .into_iter()
        .map(|lease| lease.analytics_id)
        .collect();
    Ok(rows
        .into_iter()
        .filter(|row| !held.contains(&row.id))
        .collect())
}

/// Gives an analysis to the worker who asks.
async fn claim(
    write: &Write,
    row: analytics::Model,
    time: TimeDelta,
) -> Result<AnalyticsClaim, Error> {
    let row = set_status(write, row, Status::Processing).await?;
    let token = NewUuid::new_v4().to_string();
    let expires_at = write.now() + time;
    let held = lease::ActiveModel {
        analytics_id: Set(row.id),
        token: Set(token.clone()),
        expires_at: Set(expires_at),
    };
    lease::Entity::insert(held)
        .on_conflict(
            OnConflict::column(lease::Column::AnalyticsId)
                .update_columns([lease::Column::Token, lease::Column::ExpiresAt])
                .to_owned(),
        )
        .exec_without_returning(write.transaction())
        .await?;
    Ok(AnalyticsClaim {
        analytics: Analytics(row.into()),
        lease_token: Uuid(token),
        expires_at: DateTime(expires_at),
    })
}

/// Lets a worker hold an analysis longer.
#[derive(InputObject)]
pub(crate) struct AnalyticsRenewInput {
    /// Which analysis.
    id: Id<Analytics>,
    /// The token of the worker's lease.
    lease_token: Uuid,
    /// How long the worker may hold it from now on, 5 to 3600 seconds.
    #[graphql(default = 300)]
    lease_seconds: i32,
}

/// A lease that was prolonged.
#[derive(SimpleObject, Default)]
pub(crate) struct Renewed {
    /// The analysis with its lease. Null where `userErrors` says why it is not held longer.
    claim: Option<AnalyticsClaim>,
}

impl Made for Renewed {}

impl Change for AnalyticsRenewInput {
    type Outcome = Renewed;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let row = held(write, &RENEW, &self.id, &self.lease_token).await?;
        let time = lease_time(write, self.lease_seconds);
        write.settled()?;
        let expires_at = write.now() + time;
        let held = lease::ActiveModel {
            analytics_id: Set(row.id),
            expires_at: Set(expires_at),
            ..Default::default()
        };
        held.update(write.transaction()).await?;
        Ok(Renewed {
            claim: Some(AnalyticsClaim {
                analytics: Analytics(row.into()),
                lease_token: self.lease_token.clone(),
                expires_at: DateTime(expires_at),
            }),
        })
    }
}

/// Hands in the results of an analysis that the worker holds.
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

impl Change for AnalyticsCompleteInput {
    type Outcome = One<Analytics>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let row = held(write, &COMPLETE, &self.id, &self.lease_token).await?;
        for (field, score) in [
            (
                "meetingEffectivenessScore",
                self.meeting_effectiveness_score,
            ),
            ("overallEngagementScore", self.overall_engagement_score),
            ("overallSentimentScore", self.overall_sentiment_score),
        ] {
            check_score(write, score, &[field]);
        }
        let topics = findings(write, "keyTopics", &self.key_topics, |checks, input| {
            json!({
                "topic": checks.text("topic", Some(&input.topic), 255),
                "share": checks.score("share", input.share),
                "at_ms": checks.position(input.at_ms),
            })
        });
        let items = &self.action_items_summary;
        let action_items = findings(write, "actionItemsSummary", items, |checks, input| {
            json!({
                "title": checks.text("title", Some(&input.title), 255),
                "assignee": checks.text("assignee", input.assignee.as_deref(), 120),
                "at_ms": checks.position(input.at_ms),
            })
        });
        let decisions = findings(
            write,
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
        write.settled()?;
        let updated_at = write.now_after(row.updated_at);
        let mut row = row.into_active_model();
        row.analysis_status = Set(Some(Status::Completed));
        row.meeting_effectiveness_score = Set(self.meeting_effectiveness_score);
        row.overall_engagement_score = Set(self.overall_engagement_score);
        row.overall_sentiment_score = Set(self.overall_sentiment_score);
        row.key_topics = Set(Some(topics));
        row.action_items_summary = Set(Some(action_items));
        row.decisions_made = Set(Some(decisions));
        row.updated_at = Set(Some(updated_at));
        let row = row.update(write.transaction()).await?;
        let_go(write, row.id).await?;
        Ok(One::new(row))
    }
}

/// Gives up an analysis that the worker holds. It can be asked for again.
#[derive(InputObject)]
pub(crate) struct AnalyticsFailInput {
    /// Which analysis.
    id: Id<Analytics>,
    /// The token of the worker's lease.
    lease_token: Uuid,
}

impl Change for AnalyticsFailInput {
    type Outcome = One<Analytics>;

    async fn apply(&self, write: &mut Write) -> Result<Self::Outcome, Stop> {
        let row = held(write, &FAIL, &self.id, &self.lease_token).await?;
        write.settled()?;
        let row = set_status(write, row, Status::Error).await?;
        let_go(write, row.id).await?;
        Ok(One::new(row))
    }
}

/// The analysis, locked; notes a mistake if the token is not that of its lease.
async fn held(
    write: &mut Write,
    action: &Action<Analytics>,
    id: &Id<Analytics>,
    token: &Uuid,
) -> Result<analytics::Model, Stop> {
    let row = write.act(action, id).await?;
    write.settled()?;
    let lease = lease::Entity::find_by_id(row.id)
        .one(write.transaction())
        .await?;
    if lease.is_none_or(|lease| lease.token != token.0) {
        write.mistake(UserError::new(
            UserErrorCode::Conflict,
            ["leaseToken"],
            "Somebody else has been given this analysis in the meantime.",
        ));
    }
    Ok(row)
}

async fn let_go(write: &Write, analytics_id: i32) -> Result<(), Error> {
    lease::Entity::delete_by_id(analytics_id)
        .exec(write.transaction())
        .await?;
    Ok(())
}

async fn set_status(
    write: &Write,
    row: analytics::Model,
    status: Status,
) -> Result<analytics::Model, Error> {
    let updated_at = write.now_after(row.updated_at);
    let mut row = row.into_active_model();
    row.analysis_status = Set(Some(status));
    row.updated_at = Set(Some(updated_at));
    Ok(row.update(write.transaction()).await?)
}

fn lease_time(write: &mut Write, seconds: i32) -> TimeDelta {
    if !LEASES.contains(&seconds) {
        let message = format!(
            "It must be from {} to {} seconds.",
            LEASES.start(),
            LEASES.end()
        );
        write.mistake(UserError::new(
            UserErrorCode::OutOfRange,
            ["leaseSeconds"],
            message,
        ));
    }
    TimeDelta::seconds(seconds.into())
}

fn check_score(write: &mut Write, score: Option<f64>, path: &[&str]) {
    if score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
        let mistake = UserError::new(UserErrorCode::OutOfRange, [], "It must be from 0 to 1.");
        write.mistake(mistake.at(path.iter().copied()));
    }
}

/// The findings of a list as they are stored; notes what is wrong with them.
fn findings<I>(
    write: &mut Write,
    list: &'static str,
    inputs: &[I],
    as_json: impl Fn(&mut Checks<'_>, &I) -> Value,
) -> Value {
    if inputs.len() > MOST_FINDINGS {
        let message = format!(
            "The list has {} entries; at most {MOST_FINDINGS} are allowed.",
            inputs.len()
        );
        write.mistake(UserError::new(UserErrorCode::TooLong, [list], message));
        return Value::Null;
    }
    let inputs = inputs.iter().enumerate();
    inputs
        .map(|(index, input)| {
            let mut checks = Checks {
                write,
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
    write: &'a mut Write,
    list: &'static str,
    index: String,
}

impl Checks<'_> {
    fn text(&mut self, field: &str, text: Option<&str>, most: usize) -> Option<String> {
        check_text(text?, Limit::name(most))
            .map_err(|mistake| {
                let mistake = mistake.at([self.list, &self.index, field]);
                self.write.mistake(mistake);
            })
            .ok()
    }

    fn score(&mut self, field: &str, score: Option<f64>) -> Option<f64> {
        check_score(self.write, score, &[self.list, &self.index, field]);
        score
    }

    fn position(&mut self, at_ms: Option<i32>) -> Option<i32> {
        if at_ms.is_some_and(|at_ms| at_ms < 0) {
            self.write.mistake(UserError::new(
                UserErrorCode::OutOfRange,
                [self.list, &self.index, "atMs"],
                "It must not be negative.",
            ));
        }
        at_ms
    }
}
