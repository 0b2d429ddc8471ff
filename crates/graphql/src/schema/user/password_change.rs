//! Changing one's own password.

use async_graphql::{Context, InputObject};
use entity::user;

use super::{
    User,
    accounts::SignedIn,
    attempts,
    password::{NewPassword, set_password},
    sign_in::Credentials,
};
use crate::{
    account::throttle::Attempt,
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::context::ContextExt,
    write::input::{Command, MutationInput, MutationResult, check, run},
    write::limit::{Declared, Limit},
    write::transaction::{Abort, Transaction},
};

/// Changes the viewer's password. All of the viewer's tokens are revoked, and a new one is
/// returned.
#[derive(InputObject)]
pub(crate) struct PasswordChangeInput {
    /// The current password.
    #[graphql(secret)]
    current_password: String,
    /// The new password: at least 8 characters and at most 72 bytes.
    #[graphql(secret, directive = Declared::apply(Limit::PASSWORD))]
    new_password: String,
}

impl MutationInput for PasswordChangeInput {
    const NAME: &'static str = "passwordChange";
    const HASHES_PASSWORD: bool = true;

    type Outcome = SignedIn;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<SignedIn>, Error> {
        let viewer = ctx.viewer()?;
        let changed = self.change(ctx, viewer.user()).await?;
        let signed_in = match changed.outcome {
            Some(user) => SignedIn::new(ctx, user.into()).await?,
            None => SignedIn::default(),
        };
        Ok(MutationResult {
            outcome: signed_in,
            user_errors: changed.user_errors,
        })
    }
}

impl PasswordChangeInput {
    async fn change(
        &self,
        ctx: &Context<'_>,
        user: &user::Model,
    ) -> Result<MutationResult<Option<user::Model>>, Error> {
        let mut change = PasswordChange {
            verified_hash: user.password_hash.clone(),
            password: NewPassword::new(&self.new_password, "newPassword"),
        };
        let user_errors = check(ctx.request(), &change).await?;
        if !user_errors.is_empty() {
            return Ok(MutationResult::rejected_for(user_errors));
        }
        let (request, attempt) = (ctx.request(), Attempt::change_password(user.id));
        if let Err(problem) = attempts::begin(request, attempt, "new passwords", "newPassword") {
            return Ok(MutationResult::rejected(problem));
        }
        let credentials = Credentials {
            login: &user.username,
            password: &self.current_password,
            field: "currentPassword",
            // The new password has a new hash anyway.
            renews_hash: false,
        };
        if let Err(problem) = credentials.verify(ctx, Some(user)).await? {
            return Ok(MutationResult::rejected(problem));
        }
        change.password = change.password.hashed(ctx).await?;
        run(ctx, &change).await
    }
}

struct PasswordChange<'a> {
    /// The hash that the current password is verified against.
    verified_hash: Option<String>,
    password: NewPassword<'a>,
}

impl Command for PasswordChange<'_> {
    const NAME: &'static str = <PasswordChangeInput as MutationInput>::NAME;

    type Outcome = Option<user::Model>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let id = tx.viewer()?.user().id;
        let user = tx.lock::<User>(id).await?.ok_or(Error::Unauthenticated)?;
        self.password.check(tx);
        if user.password_hash != self.verified_hash {
            tx.add_problem(UserError::new(
                UserErrorCode::Conflict,
                ["currentPassword"],
                "The password has been changed in the meantime.",
            ));
        }
        tx.ensure_valid()?;
        let password_hash = self.password.hash()?;
        Ok(Some(set_password(tx, user, password_hash).await?))
    }
}
