//! Signing in, and verifying passwords.

use async_graphql::{Context, InputObject};
use entity::user;
use sea_orm::{ConnectionTrait, QueryTrait};

use super::{
    accounts::SignedIn,
    attempts,
    names::MAX_LOGIN_CHARACTERS,
    password::{hashing, party},
};
use crate::{
    account::password::{MAX_PASSWORD_BYTES, ToCheck, Verified},
    account::renewal::renew,
    account::throttle::{Account, Attempt},
    database::model::model,
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    read::context::ContextExt,
    write::input::{MutationInput, MutationResult},
};

/// Signs in with a username or email address and a password, and returns a bearer token. Repeated
/// failures are throttled.
#[derive(InputObject)]
pub(crate) struct SignInInput {
    /// The user's username or email address.
    login: String,
    /// The password.
    #[graphql(secret)]
    password: String,
}

impl MutationInput for SignInInput {
    const NAME: &'static str = "signIn";
    const HASHES_PASSWORD: bool = true;

    type Outcome = SignedIn;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<SignedIn>, Error> {
        let request = ctx.request();
        let login = self.login.trim();
        let credentials = Credentials {
            login,
            password: &self.password,
            field: "login",
            renews_hash: true,
        };
        if !is_possible(login) {
            return Ok(MutationResult::rejected(credentials.problem()));
        }
        let database = &request.database;
        let statement = user::by_login(&self.login).into_query();
        let found = database.retried(|| database.reader.query_one(&statement));
        let found = found.await?;
        let user = found.as_ref().map(model::<user::Model>).transpose()?;
        match (credentials.verify(ctx, user.as_ref()).await?, user) {
            (Ok(verified), Some(mut user)) => {
                if let Some(hash) = verified.renewed_hash {
                    renew(&mut user, hash, database).await;
                }
                Ok(SignedIn::new(ctx, user.into()).await?.into())
            }
            (Ok(_), None) => Ok(MutationResult::rejected(credentials.problem())),
            (Err(problem), _) => Ok(MutationResult::rejected(problem)),
        }
    }
}

/// Whether there can be a user with this login. Columns have no longer texts, and PostgreSQL cannot
/// store the character U+0000.
fn is_possible(login: &str) -> bool {
    !login.is_empty() && login.chars().count() <= MAX_LOGIN_CHARACTERS && !login.contains('\0')
}

/// What somebody signs in with.
pub(super) struct Credentials<'a> {
    pub(super) login: &'a str,
    pub(super) password: &'a str,
    /// The field of the input that a problem is reported for.
    pub(super) field: &'static str,
    /// Whether a hash of another cost is replaced by a new one.
    pub(super) renews_hash: bool,
}

/// Credentials that are valid.
pub(super) struct Valid {
    /// A hash of the same password at the configured cost, if the stored one has another cost.
    renewed_hash: Option<String>,
}

impl Credentials<'_> {
    /// Verifies the password of an active user. Every failure takes the same time, whether or not
    /// there is such a user. Returns the problem if there is one.
    pub(super) async fn verify(
        &self,
        ctx: &Context<'_>,
        user: Option<&user::Model>,
    ) -> Result<Result<Valid, UserError>, Error> {
        if self.password.len() > MAX_PASSWORD_BYTES {
            return Ok(Err(self.problem()));
        }
        let request = ctx.request();
        let account = Account::new(user.map(|user| user.id), self.login);
        let attempt = Attempt::sign_in(account, request.address);
        let counted = match attempts::begin(request, attempt, "failed attempts", self.field) {
            Ok(counted) => counted,
            Err(problem) => return Ok(Err(problem)),
        };
        let hash = user.and_then(|user| user.password_hash.as_deref());
        let to_check = ToCheck {
            password: self.password,
            hash,
            renews_hash: self.renews_hash,
        };
        let (party, database) = (party(request), &request.database);
        let verifying = request.passwords.verify(to_check, party, database);
        let is_active = user.is_some_and(|user| user.is_active.unwrap_or(true));
        match hashing(ctx, verifying).await {
            Ok(Verified::Right { renewed_hash }) if is_active => {
                counted.give_back();
                Ok(Ok(Valid { renewed_hash }))
            }
            Ok(_) => Ok(Err(self.problem())),
            Err(error) => {
                // Nothing was checked: the queue is full, or the database failed.
                counted.give_back();
                Err(error)
            }
        }
    }

    /// The one problem that is reported for every failure.
    fn problem(&self) -> UserError {
        UserError::new(
            UserErrorCode::InvalidCredentials,
            [self.field],
            "The login and the password do not match.",
        )
    }
}
