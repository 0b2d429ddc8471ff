//! New passwords.

use async_graphql::Context;
use entity::{
    bookkeeping::token_generation,
    user::{self},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    EntityTrait, ExprTrait, IntoActiveModel,
    sea_query::{Expr, OnConflict},
};

use crate::{
    account::password::check_password, error::Error, error::user_error::UserError,
    read::context::ContextExt, write::transaction::Transaction,
};

/// Sets a user's password and revokes their tokens.
pub(super) async fn set_password(
    tx: &Transaction,
    user: user::Model,
    password_hash: String,
) -> Result<user::Model, Error> {
    revoke_tokens(tx, user.id).await?;
    let mut user = user.into_active_model();
    user.password_hash = Set(Some(password_hash));
    Ok(user.update(tx.connection()).await?)
}

/// Revokes all tokens of a user permanently.
pub(super) async fn revoke_tokens(tx: &Transaction, user_id: i32) -> Result<(), Error> {
    let row = token_generation::ActiveModel {
        user_id: Set(user_id),
        generation: Set(1),
        ..Default::default()
    };
    let generation = (
        token_generation::Entity,
        token_generation::Column::Generation,
    );
    let next = Expr::col(generation).add(1);
    token_generation::Entity::insert(row)
        .on_conflict(
            OnConflict::column(token_generation::Column::UserId)
                .value(token_generation::Column::Generation, next)
                .to_owned(),
        )
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}

/// A new password: its hash, or the problem with it.
pub(super) struct NewPassword(Result<String, UserError>);

impl NewPassword {
    /// Checks and hashes a password. Hashing takes long, so this is done before any transaction.
    /// `field` is the input field with the password.
    pub(super) async fn of(ctx: &Context<'_>, password: &str, field: &str) -> Result<Self, Error> {
        Ok(Self(match check_password(password) {
            Ok(()) => Ok(ctx.request().passwords.hash(password.to_owned()).await?),
            Err(problem) => Err(problem.at([field])),
        }))
    }

    /// The hash. Adds a problem if there is none.
    pub(super) fn check(&self, tx: &mut Transaction) -> String {
        match &self.0 {
            Ok(hash) => hash.clone(),
            Err(problem) => {
                tx.add_problem(problem.clone());
                String::new()
            }
        }
    }
}
