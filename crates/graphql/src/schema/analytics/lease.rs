//! Leases: which worker an analysis is handed to.

use entity::{
    analytics::{self, Status},
    bookkeeping::analysis_lease as lease,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::Analytics;
use crate::{
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::row::Id,
    scalar::Uuid,
    write::action::Action,
    write::transaction::{Abort, Transaction},
};

/// The analysis as it is, if the worker has ended it so before and comes again because the answer
/// was lost. The lease stays with what has ended, so that it is known who did it.
pub(super) async fn handed_in_before(
    tx: &Transaction,
    action: &Action<Analytics>,
    as_status: Status,
    (id, token): (&Id<Analytics>, &Uuid),
) -> Result<Option<analytics::Model>, Error> {
    let row = tx.lock::<Analytics>(id.database_id()).await?;
    match row.filter(|row| row.analysis_status == Some(as_status)) {
        Some(row)
            if action.is_permitted(&row, tx.viewer()?, tx).await?
                && is_held_by(tx, row.id, token).await? =>
        {
            Ok(Some(row))
        }
        _ => Ok(None),
    }
}

/// The analysis, locked; notes a mistake if the token is not that of its lease.
pub(super) async fn held(
    tx: &mut Transaction,
    action: &Action<Analytics>,
    id: &Id<Analytics>,
    token: &Uuid,
) -> Result<analytics::Model, Abort> {
    let row = tx.lock_by_id_for(action, id).await?;
    tx.ensure_valid()?;
    if !is_held_by(tx, row.id, token).await? {
        tx.add_problem(UserError::new(
            UserErrorCode::Conflict,
            ["leaseToken"],
            "Somebody else has been given this analysis in the meantime.",
        ));
    }
    Ok(row)
}

async fn is_held_by(tx: &Transaction, analytics_id: i32, token: &Uuid) -> Result<bool, Error> {
    let lease = lease::Entity::find_by_id(analytics_id)
        .one(tx.connection())
        .await?;
    Ok(lease.is_some_and(|lease| lease.token == token.0))
}

/// Ends the lease on an analysis.
pub(super) async fn let_go(tx: &Transaction, analytics_id: i32) -> Result<(), Error> {
    lease::Entity::delete_by_id(analytics_id)
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Brings an analysis into the state to which an action leads.
pub(super) async fn bring(
    tx: &Transaction,
    action: &Action<Analytics>,
    row: analytics::Model,
) -> Result<analytics::Model, Error> {
    let status = action.state_after(&row);
    let updated_at = tx.now_after(row.updated_at);
    let mut row = row.into_active_model();
    row.analysis_status = Set(Some(status));
    row.updated_at = Set(Some(updated_at));
    Ok(row.update(tx.connection()).await?)
}
