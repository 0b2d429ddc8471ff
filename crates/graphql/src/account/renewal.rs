//! Renewing a password hash whose bcrypt cost is not the configured one.

use std::time::Duration;

use entity::{bookkeeping::token_generation, user};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter, TransactionTrait,
    sea_query::{Expr, OnConflict},
};
use tokio::time::timeout;
use tracing::warn;

use super::token::Fingerprints;
use crate::database::Database;

/// How long a renewal may take. The user who signs in waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Replaces the hash of a user's password by a new one of the same password. If that fails, the
/// next sign-in tries again.
pub(crate) async fn renew(user: &mut user::Model, new_hash: String, database: &Database) {
    match timeout(PATIENCE, replace(user, &new_hash, database)).await {
        Ok(Ok(true)) => user.password_hash = Some(new_hash),
        Ok(Ok(false)) => {}
        Ok(Err(error)) => warn!(user_id = user.id, %error, "a password hash was not renewed"),
        Err(_) => warn!(
            user_id = user.id,
            "a password hash was not renewed: the database is busy"
        ),
    }
}

/// Returns whether the hash was replaced.
async fn replace(user: &user::Model, new_hash: &str, database: &Database) -> Result<bool, DbErr> {
    let tx = database.writer.begin().await?;
    // Somebody may have set another password in the meantime.
    let is_same = user::Column::PasswordHash.eq(user.password_hash.as_deref());
    let replaced = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(new_hash))
        .filter(user::Column::Id.eq(user.id))
        .filter(is_same)
        .exec(&tx)
        .await?;
    if replaced.rows_affected == 0 {
        return tx.rollback().await.map(|()| false);
    }
    let row = token_generation::Entity::find_by_id(user.id)
        .one(&tx)
        .await?;
    let generation = row.as_ref().map_or(0, |row| row.generation);
    let row = token_generation::ActiveModel {
        user_id: Set(user.id),
        generation: Set(generation),
        renewed_hash: Set(Some(Fingerprints::of_hash(new_hash))),
        token_fingerprint: Set(Some(Fingerprints::of(user, row).tokens)),
    };
    let columns = [
        token_generation::Column::RenewedHash,
        token_generation::Column::TokenFingerprint,
    ];
    token_generation::Entity::insert(row)
        .on_conflict(
            OnConflict::column(token_generation::Column::UserId)
                .update_columns(columns)
                .to_owned(),
        )
        .exec_without_returning(&tx)
        .await?;
    tx.commit().await.map(|()| true)
}
