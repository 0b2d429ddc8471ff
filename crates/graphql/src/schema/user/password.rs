//! New passwords, and hashing on behalf of a request.

use async_graphql::Context;
use entity::{bookkeeping::token_generation, user};
use sea_orm::{
    ActiveValue::Set,
    EntityTrait, ExprTrait, IntoActiveModel,
    sea_query::{Expr, OnConflict},
};

use crate::{
    account::password::check_password,
    error::Error,
    read::context::{ContextExt, RequestContext},
    shares::Party,
    write::transaction::{Abort, Transaction},
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
    tx.update(user).await
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

/// A new password, which is hashed only after everything else was checked.
pub(super) enum NewPassword<'a> {
    /// The password as it was entered, in this field of the input.
    Entered {
        password: &'a str,
        field: &'static str,
    },
    /// The hash of a password that follows the rules.
    Hashed(String),
}

impl<'a> NewPassword<'a> {
    /// The password in a field of the input.
    pub(super) fn new(password: &'a str, field: &'static str) -> Self {
        Self::Entered { password, field }
    }

    /// Adds a problem if the password breaks the rules.
    pub(super) fn check(&self, tx: &mut Transaction) {
        if let Self::Entered { password, field } = self {
            tx.check(check_password(password), [*field]);
        }
    }

    /// The hash. Aborts if there is none yet: then, the command was executed only to check it.
    pub(super) fn hash(&self) -> Result<String, Abort> {
        match self {
            Self::Entered { .. } => Err(Abort::Rejected),
            Self::Hashed(hash) => Ok(hash.clone()),
        }
    }

    /// The same password, hashed. Hashing takes long, so this is done before any transaction that
    /// writes.
    pub(super) async fn hashed(self, ctx: &Context<'_>) -> Result<Self, Error> {
        match self {
            Self::Entered { password, .. } => {
                let request = ctx.request();
                let hash = request.passwords.hash(password.to_owned(), party(request));
                Ok(Self::Hashed(hashing(ctx, hash).await?))
            }
            Self::Hashed(hash) => Ok(Self::Hashed(hash)),
        }
    }
}

/// Runs something that hashes or checks a password. It waits for its turn and for bcrypt, so the
/// request gives up its place meanwhile.
pub(super) async fn hashing<F: Future>(ctx: &Context<'_>, work: F) -> F::Output {
    ctx.request().place.released_during(work).await
}

/// Whose share of hashing a request uses.
pub(super) fn party(request: &RequestContext) -> Party {
    match request.viewer.get() {
        Ok(viewer) => viewer.party(),
        Err(_) => Party::Address(request.address),
    }
}
