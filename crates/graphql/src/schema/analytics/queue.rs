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
    mutations::bring,
};
use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::filter::ROOT_TABLE,
    read::row::Id,
    read::select,
    scalar::{DateTime, Uuid},
    schema::workspace::WORK_ON_ANALYSES,
    write::action::Action,
    write::{Change, Made, One, Stop, Write},
};

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
        let mut missing = usize::try_from(self.first).unwrap_or_default();
        while missing > 0 {
            let (rows, others_came) = claimable(write, missing).await?;
            missing -= rows.len();
            for row in rows {
                claims.push(claim(write, row, lease).await?);
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
async fn claimable(write: &Write, most: usize) -> Result<(Vec<analytics::Model>, bool), Error> {
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
        .limit(most as u64)
        .lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked);
    let rows = write.transaction().query_all(&statement).await?;
    let mut rows = rows
        .iter()
        .map(|row| analytics::Model::from_query_result(row, ""))
        .collect::<Result<Vec<_>, _>>()?;
    // The statement saw the leases as they were when it began. Somebody else may have claimed an
    // analysis since, and have let go of the lock before this one came to it.
    let ids = rows.iter().map(|row| row.id);
    let held: Vec<i32> = lease::Entity::find()
        .filter(lease::Column::AnalyticsId.is_in(ids))
        .filter(lease::Column::ExpiresAt.gt(write.now()))
        .all(write.transaction())
        .await?
        .into_iter()
        .map(|lease| lease.analytics_id)
        .collect();
    rows.retain(|row| !held.contains(&row.id));
    Ok((rows, !held.is_empty()))
}

/// Gives an analysis to the worker who asks.
async fn claim(
    write: &Write,
    row: analytics::Model,
    time: TimeDelta,
) -> Result<AnalyticsClaim, Error> {
    let row = bring(write, &CLAIM, row).await?;
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
        let lease = (&self.id, &self.lease_token);
        let ended = handed_in_before(write, &FAIL, Status::Error, lease).await?;
        if let Some(row) = ended {
            return Ok(One::new(row));
        }
        let row = held(write, &FAIL, &self.id, &self.lease_token).await?;
        write.settled()?;
        Ok(One::new(bring(write, &FAIL, row).await?))
    }
}

/// The analysis as it is, if the worker has ended it so before and comes again because the answer
/// was lost. The lease stays with what has ended, so that it is known who did it.
pub(super) async fn handed_in_before(
    write: &Write,
    action: &Action<Analytics>,
    as_status: Status,
    (id, token): (&Id<Analytics>, &Uuid),
) -> Result<Option<analytics::Model>, Error> {
    let row = write.lock::<Analytics>(id.database_id()).await?;
    match row.filter(|row| row.analysis_status == Some(as_status)) {
        Some(row)
            if action.is_permitted(&row, write.viewer()?, write).await?
                && is_held_by(write, row.id, token).await? =>
        {
            Ok(Some(row))
        }
        _ => Ok(None),
    }
}

/// The analysis, locked; notes a mistake if the token is not that of its lease.
pub(super) async fn held(
    write: &mut Write,
    action: &Action<Analytics>,
    id: &Id<Analytics>,
    token: &Uuid,
) -> Result<analytics::Model, Stop> {
    let row = write.act(action, id).await?;
    write.settled()?;
    if !is_held_by(write, row.id, token).await? {
        write.mistake(UserError::new(
            UserErrorCode::Conflict,
            ["leaseToken"],
            "Somebody else has been given this analysis in the meantime.",
        ));
    }
    Ok(row)
}

async fn is_held_by(write: &Write, analytics_id: i32, token: &Uuid) -> Result<bool, Error> {
    let lease = lease::Entity::find_by_id(analytics_id)
        .one(write.transaction())
        .await?;
    Ok(lease.is_some_and(|lease| lease.token == token.0))
}

/// Ends the lease on an analysis.
pub(super) async fn let_go(write: &Write, analytics_id: i32) -> Result<(), Error> {
    lease::Entity::delete_by_id(analytics_id)
        .exec(write.transaction())
        .await?;
    Ok(())
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
