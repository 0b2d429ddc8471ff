//! Leases: which worker is processing an analysis.

use entity::{
    analytics::{self, Status},
    bookkeeping::analysis_lease as lease,
};
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::Analytics;
use crate::{
    error::{
        Error,
        user_error::{UserError, UserErrorCode},
    },
    read::row::Id,
    scalar::Uuid,
    write::{
        action::Action,
        transaction::{Abort, Transaction},
    },
};

/// The analysis, if this worker has already ended it with this status and is only repeating the
/// call. An ended analysis keeps its lease, by which the worker is recognized.
pub(super) async fn already_ended(
    tx: &Transaction,
    action: &Action<Analytics>,
    status: Status,
    (id, token): (&Id<Analytics>, &Uuid),
) -> Result<Option<analytics::Model>, Error> {
    let row = tx.lock::<Analytics>(id.database_id()).await?;
    match row.filter(|row| row.analysis_status == Some(status)) {
        Some(row)
            if action.is_permitted(&row, tx.viewer()?, tx).await?
                && has_lease(tx, row.id, token).await? =>
        {
            Ok(Some(row))
        }
        _ => Ok(None),
    }
}

/// The analysis, locked. Adds a problem if the token is not that of its lease.
pub(super) async fn lock_leased(
    tx: &mut Transaction,
    action: &Action<Analytics>,
    id: &Id<Analytics>,
    token: &Uuid,
) -> Result<analytics::Model, Abort> {
    let row = tx.lock_by_id_for(action, id).await?;
    tx.ensure_valid()?;
    if !has_lease(tx, row.id, token).await? {
        tx.add_problem(UserError::new(
            UserErrorCode::Conflict,
            ["leaseToken"],
            "This token is not for the current lease. Another worker may have claimed the analysis.",
        ));
    }
    Ok(row)
}

/// Whether the token is that of the last lease on an analysis, even if the lease has expired.
async fn has_lease(tx: &Transaction, analytics_id: i32, token: &Uuid) -> Result<bool, Error> {
    let lease = lease::Entity::find_by_id(analytics_id)
        .one(tx.connection())
        .await?;
    Ok(lease.is_some_and(|lease| lease.token == token.0))
}

/// Revokes the lease on an analysis.
pub(super) async fn revoke(tx: &Transaction, analytics_id: i32) -> Result<(), Error> {
    lease::Entity::delete_by_id(analytics_id)
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Moves an analysis to the status that an action leads to.
pub(super) async fn transition(
    tx: &Transaction,
    action: &Action<Analytics>,
    row: analytics::Model,
) -> Result<analytics::Model, Error> {
    let status = action.state_after(&row);
    let updated_at = tx.now_after(row.updated_at);
    let mut row = row.into_active_model();
    row.analysis_status = Set(Some(status));
    row.updated_at = Set(Some(updated_at));
    tx.update(row).await
}
