//! The queue from which workers take analyses.
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
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, Order, QueryFilter,
    sea_query::{Asterisk, Cond, Expr, LockBehavior, LockType, OnConflict, Query},
};
use uuid::Uuid as NewUuid;

use super::{
    Analytics,
    actions::{CLAIM, FAIL, RENEW},
    lease::{bring, handed_in_before, held},
};
use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::filter::ROOT_TABLE,
    read::row::Id,
    read::select,
    scalar::{DateTime, Uuid},
    schema::mutation_field::{MutationField, field},
    schema::payload::ObjectOutcome,
    schema::workspace::actions::WORK_ON_ANALYSES,
    write::input::{Command, Outcome},
    write::transaction::{Abort, Transaction},
};

/// The mutations of the analysis queue.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<AnalyticsClaimInput>(),
    field::<AnalyticsRenewInput>(),
    field::<AnalyticsFailInput>(),
];

/// How many analyses one call claims.
const MOST_CLAIMS: i32 = 100;
/// How long a lease may last, in seconds.
const LEASES: std::ops::RangeInclusive<i32> = 5..=3600;
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

impl Outcome for Claims {}

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

impl Command for AnalyticsClaimInput {
    const NAME: &'static str = "analyticsClaim";

    type Outcome = Claims;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        tx.in_workspace(&WORK_ON_ANALYSES).await?;
        if !(1..=MOST_CLAIMS).contains(&self.first) {
            let message = format!("It must be from 1 to {MOST_CLAIMS}.");
            tx.add_problem(UserError::new(
                UserErrorCode::OutOfRange,
                ["first"],
                message,
            ));
        }
        let lease = lease_time(tx, self.lease_seconds);
        tx.ensure_valid()?;
        let mut claims = Vec::new();
        let mut missing = usize::try_from(self.first).unwrap_or_default();
        while missing > 0 {
            let (rows, others_came) = claimable(tx, missing).await?;
            missing -= rows.len();
            for row in rows {
                claims.push(claim(tx, row, lease).await?);
            }
            if !others_came {
                break;
            }
        }
        Ok(Claims { claims })
    }
}

/// The analyses that have waited longest and that nobody holds, locked, and whether others came
/// first to some, so that there may be more.
async fn claimable(tx: &Transaction, most: usize) -> Result<(Vec<analytics::Model>, bool), Error> {
    let column = |column| Expr::col((ROOT_TABLE, column));
    let lease = Query::select()
        .expr(Expr::cust("1"))
        .from(lease::Entity)
        .and_where(
            Expr::col((lease::Entity, lease::Column::AnalyticsId))
                .equals((ROOT_TABLE, analytics::Column::Id)),
        )
        .and_where(Expr::col((lease::Entity, lease::Column::ExpiresAt)).gt(tx.now()))
        .take();
    let status = || column(analytics::Column::AnalysisStatus);
    let mut statement = select::visible::<Analytics>(tx.viewer()?);
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
        .limit(most as u64)
        .lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
    let rows = tx.connection().query_all(&statement).await?;
    let mut rows = rows
        .iter()
        .map(|row| analytics::Model::from_query_result(row, ""))
        .collect::<Result<Vec<_>, _>>()?;
    // The statement saw the leases as they were when it began. Somebody else may have claimed an
    // analysis since, and have let go of the lock before this one came to it.
    let ids = rows.iter().map(|row| row.id);
    let held: Vec<i32> = lease::Entity::find()
        .filter(lease::Column::AnalyticsId.is_in(ids))
        .filter(lease::Column::ExpiresAt.gt(tx.now()))
        .all(tx.connection())
        .await?
        .into_iter()
        .map(|lease| lease.analytics_id)
        .collect();
    rows.retain(|row| !held.contains(&row.id));
    Ok((rows, !held.is_empty()))
}

/// Gives an analysis to the worker who asks.
async fn claim(
    tx: &Transaction,
    row: analytics::Model,
    time: TimeDelta,
) -> Result<AnalyticsClaim, Error> {
    let row = bring(tx, &CLAIM, row).await?;
    let token = NewUuid::new_v4().to_string();
    let expires_at = tx.now() + time;
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
        .exec_without_returning(tx.connection())
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

impl Outcome for Renewed {}

impl Command for AnalyticsRenewInput {
    const NAME: &'static str = "analyticsRenew";

    type Outcome = Renewed;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let row = held(tx, &RENEW, &self.id, &self.lease_token).await?;
        let time = lease_time(tx, self.lease_seconds);
        tx.ensure_valid()?;
        let expires_at = tx.now() + time;
        let held = lease::ActiveModel {
            analytics_id: Set(row.id),
            expires_at: Set(expires_at),
            ..Default::default()
        };
        held.update(tx.connection()).await?;
        Ok(Renewed {
            claim: Some(AnalyticsClaim {
                analytics: Analytics(row.into()),
                lease_token: self.lease_token.clone(),
                expires_at: DateTime(expires_at),
            }),
        })
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

impl Command for AnalyticsFailInput {
    const NAME: &'static str = "analyticsFail";

    type Outcome = ObjectOutcome<Analytics>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let lease = (&self.id, &self.lease_token);
        let ended = handed_in_before(tx, &FAIL, Status::Error, lease).await?;
        if let Some(row) = ended {
            return Ok(ObjectOutcome::new(row));
        }
        let row = held(tx, &FAIL, &self.id, &self.lease_token).await?;
        tx.ensure_valid()?;
        Ok(ObjectOutcome::new(bring(tx, &FAIL, row).await?))
    }
}

fn lease_time(tx: &mut Transaction, seconds: i32) -> TimeDelta {
    if !LEASES.contains(&seconds) {
        let message = format!(
            "It must be from {} to {} seconds.",
            LEASES.start(),
            LEASES.end()
        );
        tx.add_problem(UserError::new(
            UserErrorCode::OutOfRange,
            ["leaseSeconds"],
            message,
        ));
    }
    TimeDelta::seconds(seconds.into())
}
