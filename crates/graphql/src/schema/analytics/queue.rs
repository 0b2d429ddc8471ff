//! The queue from which workers claim analyses.
//!
//! A worker that claims an analysis gets a lease on it. No other worker can claim the analysis
//! until the lease expires. The analyses of a crashed worker thus return to the queue automatically.

use std::ops::RangeInclusive;

use async_graphql::{InputObject, SimpleObject};
use chrono::TimeDelta;
use entity::{
    analytics::{self, Column, Status},
    bookkeeping::analysis_lease as lease,
    null::NullDefault,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, Order, QueryFilter,
    sea_query::{ArrayType, Asterisk, Cond, Expr, LockBehavior, LockType, Query},
};
use uuid::Uuid as NewUuid;

use super::{
    Analytics,
    actions::{CLAIM, FAIL, RENEW},
    lease::{already_ended, lock_leased, transition},
};
use crate::{
    database::model::model,
    directive::id_of,
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    moment,
    read::{filter::ROOT_TABLE, row::Id, source},
    scalar::{DateTime, Uuid},
    schema::{
        mutation_field::{MutationField, field},
        payload::ObjectOutcome,
        workspace::actions::WORK_ON_ANALYSES,
    },
    value::{is_any_of, or_default},
    write::{
        input::{Command, Outcome},
        transaction::{Abort, Transaction},
    },
};

/// The mutations of the analysis queue.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<AnalyticsClaimInput>(),
    field::<AnalyticsRenewInput>(),
    field::<AnalyticsFailInput>(),
];

/// The maximum number of analyses that one call claims.
const MAX_CLAIMS: i32 = 100;

/// The allowed durations of a lease, in seconds.
const LEASE_SECONDS: RangeInclusive<i32> = 5..=3600;

/// Claims the analyses that have waited longest: pending ones, and ones in progress whose lease has
/// expired. An analysis is never leased to two workers at once.
#[derive(InputObject)]
pub(crate) struct AnalyticsClaimInput {
    /// The maximum number of analyses to claim, from 1 to 100.
    #[graphql(default = 1)]
    first: i32,
    /// The duration of the leases, in seconds, from 5 to 3600.
    #[graphql(default = 300)]
    lease_seconds: i32,
}

/// The outcome of `analyticsClaim`.
#[derive(SimpleObject, Default)]
pub(crate) struct Claims {
    /// The claimed analyses with their leases. Empty if there is nothing to claim.
    claims: Vec<AnalyticsClaim>,
}

impl Outcome for Claims {}

/// An analysis and the lease under which a worker processes it.
#[derive(SimpleObject)]
pub(crate) struct AnalyticsClaim {
    /// The analysis.
    analytics: Analytics,
    /// Proof of the lease; send it with `analyticsComplete`, `analyticsRenew` or `analyticsFail`.
    lease_token: Uuid,
    /// When the lease expires. After that, another worker may claim the analysis.
    expires_at: DateTime,
}

impl Command for AnalyticsClaimInput {
    const NAME: &'static str = "analyticsClaim";

    type Outcome = Claims;

    const SIZE: Option<(&'static str, i32)> = Some(("first", MAX_CLAIMS));

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        tx.in_workspace(&WORK_ON_ANALYSES).await?;
        if !(1..=MAX_CLAIMS).contains(&self.first) {
            let message = format!("`first` must be from 1 to {MAX_CLAIMS}.");
            tx.add_problem(UserError::new(
                UserErrorCode::OutOfRange,
                ["first"],
                message,
            ));
        }
        let duration = lease_duration(tx, self.lease_seconds);
        tx.ensure_valid()?;
        let mut claims = Vec::new();
        let mut missing = usize::try_from(self.first).unwrap_or_default();
        while missing > 0 {
            let (rows, lost_some) = claimable(tx, missing).await?;
            missing -= rows.len();
            claims.extend(claim(tx, rows, duration).await?);
            if !lost_some {
                break;
            }
        }
        Ok(Claims { claims })
    }
}

/// Locks the analyses that have waited longest and can be claimed, up to `limit`. Also returns
/// whether other workers have just claimed some of the candidates, in which case there may be more.
async fn claimable(tx: &Transaction, limit: usize) -> Result<(Vec<analytics::Model>, bool), Error> {
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
    // As an expression, the status keeps SQLite from looking up the analyses of all workspaces by it.
    let status = || {
        let default = analytics::Column::AnalysisStatus.null_default();
        or_default(column(analytics::Column::AnalysisStatus), default.as_ref())
    };
    let created_at = analytics::Column::CreatedAt;
    let waiting_since = or_default(column(created_at), created_at.null_default().as_ref());
    // Most analyses have ended, so those that have not are looked up first.
    let unfinished = [Status::Pending, Status::Processing];
    let is_unfinished = source::is_any_by_copy::<Analytics>(
        tx.viewer()?,
        analytics::Column::AnalysisStatus,
        unfinished,
        tx.backend(),
    );
    let Some(is_unfinished) = is_unfinished else {
        return Ok((Vec::new(), false));
    };
    let mut statement = source::visible_rows::<Analytics>(tx.viewer()?);
    statement
        .and_where(is_unfinished)
        .column((ROOT_TABLE, Asterisk))
        .cond_where(
            Cond::any().add(status().eq(Status::Pending)).add(
                status()
                    .eq(Status::Processing)
                    .and(Expr::exists(lease).not()),
            ),
        )
        .order_by_expr(waiting_since, Order::Asc)
        .order_by((ROOT_TABLE, analytics::Column::Id), Order::Asc)
        .limit(limit as u64)
        .lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
    let rows = tx.connection().query_all(&statement).await?;
    let mut rows = rows
        .iter()
        .map(model::<analytics::Model>)
        .collect::<Result<Vec<_>, _>>()?;
    // The statement sees the leases as they were when it started. Another worker may have claimed
    // an analysis since then, and released its lock before this statement reached the row.
    let ids = rows.iter().map(|row| row.id.into()).collect();
    let analytics_id = Expr::col((lease::Entity, lease::Column::AnalyticsId));
    let leased: Vec<i32> = lease::Entity::find()
        .filter(is_any_of(analytics_id, ArrayType::Int, ids, tx.backend()))
        .filter(lease::Column::ExpiresAt.gt(tx.now()))
        .all(tx.connection())
        .await?
        .into_iter()
        .map(|lease| lease.analytics_id)
        .collect();
    rows.retain(|row| !leased.contains(&row.id));
    Ok((rows, !leased.is_empty()))
}

/// Claims analyses for the worker, each with a new token.
async fn claim(
    tx: &Transaction,
    mut rows: Vec<analytics::Model>,
    duration: TimeDelta,
) -> Result<Vec<AnalyticsClaim>, Error> {
    let expires_at = moment::after(tx.now(), duration);
    for row in &mut rows {
        row.analysis_status = Some(CLAIM.state_after(row));
        row.updated_at = Some(tx.now_after(row.updated_at));
    }
    let changed = [Column::AnalysisStatus, Column::UpdatedAt];
    tx.update_all::<Analytics>(&rows, &changed).await?;
    let leases = rows.iter().map(|row| lease::Model {
        analytics_id: row.id,
        token: NewUuid::new_v4().to_string(),
        expires_at,
    });
    let leases: Vec<_> = leases.collect();
    tx.replace_all(&leases).await?;
    let claims = rows.into_iter().zip(leases);
    let claims = claims.map(|(row, lease)| AnalyticsClaim {
        analytics: Analytics(row.into()),
        lease_token: Uuid(lease.token),
        expires_at: DateTime(expires_at),
    });
    Ok(claims.collect())
}

/// Renews the lease on an analysis. The new duration is counted from now.
#[derive(InputObject)]
pub(crate) struct AnalyticsRenewInput {
    /// The ID of the analysis.
    #[graphql(directive = id_of::apply(Id::<Analytics>::of()))]
    id: Id<Analytics>,
    /// The token of the worker's lease. It remains valid after expiry, as long as no other worker
    /// has claimed the analysis.
    lease_token: Uuid,
    /// The duration of the lease from now on, in seconds, from 5 to 3600.
    #[graphql(default = 300)]
    lease_seconds: i32,
}

/// The outcome of `analyticsRenew`.
#[derive(SimpleObject, Default)]
pub(crate) struct Renewed {
    /// The analysis with its renewed lease. Null if `userErrors` is not empty.
    claim: Option<AnalyticsClaim>,
}

impl Outcome for Renewed {}

impl Command for AnalyticsRenewInput {
    const NAME: &'static str = "analyticsRenew";

    type Outcome = Renewed;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let row = lock_leased(tx, &RENEW, &self.id, &self.lease_token).await?;
        let duration = lease_duration(tx, self.lease_seconds);
        tx.ensure_valid()?;
        let expires_at = moment::after(tx.now(), duration);
        let lease = lease::ActiveModel {
            analytics_id: Set(row.id),
            expires_at: Set(expires_at),
            ..Default::default()
        };
        lease.update(tx.connection()).await?;
        Ok(Renewed {
            claim: Some(AnalyticsClaim {
                analytics: Analytics(row.into()),
                lease_token: self.lease_token.clone(),
                expires_at: DateTime(expires_at),
            }),
        })
    }
}

/// Marks an analysis as failed. The worker must hold the lease. The analysis can be requested again
/// with `analyticsRequest`.
#[derive(InputObject)]
pub(crate) struct AnalyticsFailInput {
    /// The ID of the analysis.
    #[graphql(directive = id_of::apply(Id::<Analytics>::of()))]
    id: Id<Analytics>,
    /// The token of the worker's lease. It remains valid after expiry, as long as no other worker
    /// has claimed the analysis.
    lease_token: Uuid,
}

impl Command for AnalyticsFailInput {
    const NAME: &'static str = "analyticsFail";

    type Outcome = ObjectOutcome<Analytics>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let lease = (&self.id, &self.lease_token);
        if let Some(row) = already_ended(tx, &FAIL, Status::Error, lease).await? {
            return Ok(ObjectOutcome::new(row));
        }
        let row = lock_leased(tx, &FAIL, &self.id, &self.lease_token).await?;
        tx.ensure_valid()?;
        Ok(ObjectOutcome::new(transition(tx, &FAIL, row).await?))
    }
}

/// The duration of a lease. Adds a problem if it is out of range.
fn lease_duration(tx: &mut Transaction, seconds: i32) -> TimeDelta {
    if !LEASE_SECONDS.contains(&seconds) {
        let message = format!(
            "`leaseSeconds` must be from {} to {}.",
            LEASE_SECONDS.start(),
            LEASE_SECONDS.end()
        );
        tx.add_problem(UserError::new(
            UserErrorCode::OutOfRange,
            ["leaseSeconds"],
            message,
        ));
    }
    TimeDelta::seconds(seconds.into())
}
