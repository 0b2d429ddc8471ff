//! Mutations of accounts: signing up, signing in, tokens and passwords.

use async_graphql::{Context, InputObject, SimpleObject};
use chrono::TimeDelta;
use entity::{
    user::{self, Role},
    workspace,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

use super::{
    User,
    new_user::NewUser,
    password::{NewPassword, set_password},
};
use crate::{
    account::throttle::Attempt,
    account::token::TokenError,
    account::viewer::Viewer,
    error::Error,
    error::count::counted,
    error::user_error::{UserError, UserErrorCode},
    read::context::{ContextExt, RequestContext},
    scalar::DateTime,
    schema::mutation_field::{MutationField, field},
    schema::query::Query,
    schema::workspace::{
        Workspace,
        mutations::{NAME, free_slug},
    },
    write::input::{Command, MutationInput, MutationResult, Outcome, run},
    write::transaction::{Abort, Transaction},
};

/// The mutations of accounts.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<SignUpInput>(),
    field::<SignInInput>(),
    field::<PasswordChangeInput>(),
];

/// A bearer token and its user.
#[derive(SimpleObject, Default)]
pub(crate) struct SignedIn {
    /// The token to send as `Authorization: Bearer <token>`. It becomes invalid at `expiresAt`, or
    /// earlier if the password changes or the account is deactivated. Null if `userErrors` is not
    /// empty.
    token: Option<String>,
    /// When the token expires. Null if `userErrors` is not empty.
    expires_at: Option<DateTime>,
    /// The signed-in user. Null if `userErrors` is not empty.
    user: Option<User>,
}

impl Outcome for SignedIn {}

impl SignedIn {
    /// Issues a new token, and continues the request as its user.
    async fn new(ctx: &Context<'_>, viewer: Viewer) -> Result<Self, Error> {
        let request = ctx.request();
        let token = request
            .tokens
            .sign(viewer.user(), &request.database.reader)
            .await
            .map_err(|error| match error {
                TokenError::Database(error) => Error::from(error),
                error => Error::Internal(error.to_string()),
            })?;
        ctx.set_viewer(viewer.clone());
        Ok(Self {
            token: Some(token.token),
            expires_at: Some(DateTime(token.expires_at.naive_utc())),
            user: Some(viewer.user().clone().into()),
        })
    }
}

/// Creates a workspace and its first admin, who is then signed in.
#[derive(InputObject)]
pub(crate) struct SignUpInput {
    /// The workspace's name, from which its slug is derived. At most 128 characters; must not be
    /// blank.
    workspace_name: String,
    /// The username to sign in with, unique across all workspaces. At most 64 characters, without
    /// whitespace or `@`.
    username: String,
    /// The email address to sign in with, unique across all workspaces. At most 120 characters.
    email: String,
    /// The password: at least 8 characters and at most 72 bytes.
    #[graphql(secret)]
    password: String,
}

/// A new workspace, and a token for its admin.
#[derive(SimpleObject, Default)]
pub(crate) struct SignedUp {
    /// The new workspace. Null if `userErrors` is not empty.
    workspace: Option<Workspace>,
    #[graphql(flatten)]
    signed_in: SignedIn,
}

impl Outcome for SignedUp {}

impl MutationInput for SignUpInput {
    const NAME: &'static str = "signUp";
    const HASHES_PASSWORD: bool = true;

    type Outcome = SignedUp;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<SignedUp>, Error> {
        let request = ctx.request();
        let attempt = Attempt::sign_up(request.address);
        if let Some(problem) = too_many(request, &attempt, "new accounts", ["username"]) {
            return Ok(MutationResult::rejected(problem));
        }
        request.throttle.record(attempt, request.tokens.now());
        let sign_up = SignUp {
            input: self,
            password: NewPassword::of(ctx, &self.password, "password").await?,
        };
        let created = run(ctx, &sign_up).await?;
        let mut signed_up = SignedUp::default();
        if let Some((workspace, user)) = created.outcome {
            signed_up.signed_in = SignedIn::new(ctx, user.into()).await?;
            signed_up.workspace = Some(Workspace(workspace.into()));
        }
        Ok(MutationResult {
            outcome: signed_up,
            user_errors: created.user_errors,
        })
    }
}

struct SignUp<'a> {
    input: &'a SignUpInput,
    password: NewPassword,
}

impl Command for SignUp<'_> {
    const NAME: &'static str = <SignUpInput as MutationInput>::NAME;

    type Outcome = Option<(workspace::Model, user::Model)>;

    const IS_PUBLIC: bool = true;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let name = tx.text(&self.input.workspace_name, NAME, "workspaceName");
        let user = NewUser::check(tx, &self.input.username, &self.input.email).await?;
        let password_hash = self.password.check(tx);
        tx.ensure_valid()?;
        let workspace = workspace::ActiveModel {
            slug: Set(free_slug(tx, &name).await?),
            name: Set(name),
            settings: Set(Some(json!({}))),
            created_at: Set(Some(tx.now())),
            ..Default::default()
        };
        let workspace = workspace.insert(tx.connection()).await?;
        let user = user
            .insert(tx, workspace.id, Role::Admin, password_hash)
            .await?;
        Ok(Some((workspace, user)))
    }
}

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
        // PostgreSQL cannot store this character, so no such user exists.
        let user = if self.login.contains('\0') {
            None
        } else {
            let (database, login) = (&request.database, self.login.trim());
            let user = database.retried(|| user::by_login(&database.reader, login));
            user.await?
        };
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let problem = verify(ctx, &self.login, &self.password, hash, ["login"]).await?;
        match (problem, user.filter(|user| user.is_active.unwrap_or(true))) {
            (None, Some(user)) => Ok(SignedIn::new(ctx, user.into()).await?.into()),
            (Some(problem), _) => Ok(MutationResult::rejected(problem)),
            (None, None) => Ok(MutationResult::rejected(wrong_credentials(["login"]))),
        }
    }
}

/// Verifies a password against a hash. Returns the problem if there is one, and counts failures.
async fn verify(
    ctx: &Context<'_>,
    login: &str,
    password: &str,
    hash: Option<String>,
    path: [&str; 1],
) -> Result<Option<UserError>, Error> {
    let request = ctx.request();
    let attempt = Attempt::sign_in(login, request.address);
    if let Some(problem) = too_many(request, &attempt, "failed attempts", path) {
        return Ok(Some(problem));
    }
    if request.passwords.verify(password.to_owned(), hash).await? {
        return Ok(None);
    }
    request.throttle.record(attempt, request.tokens.now());
    Ok(Some(wrong_credentials(path)))
}

/// The problem of an attempt that is throttled.
fn too_many(
    request: &RequestContext,
    attempt: &Attempt,
    what: &str,
    path: [&str; 1],
) -> Option<UserError> {
    let wait = request
        .throttle
        .retry_after(attempt, request.tokens.now())?;
    let seconds = (wait + TimeDelta::milliseconds(999)).num_seconds();
    Some(UserError::new(
        UserErrorCode::TooManyAttempts,
        path,
        format!(
            "Too many {what}. Try again in {}.",
            counted(seconds, "second")
        ),
    ))
}

fn wrong_credentials(path: [&str; 1]) -> UserError {
    UserError::new(
        UserErrorCode::InvalidCredentials,
        path,
        "The login and the password do not match.",
    )
}

/// Changes the viewer's password. All of the viewer's tokens are revoked, and a new one is
/// returned.
#[derive(InputObject)]
pub(crate) struct PasswordChangeInput {
    /// The current password.
    #[graphql(secret)]
    current_password: String,
    /// The new password: at least 8 characters and at most 72 bytes.
    #[graphql(secret)]
    new_password: String,
}

impl MutationInput for PasswordChangeInput {
    const NAME: &'static str = "passwordChange";
    const HASHES_PASSWORD: bool = true;

    type Outcome = SignedIn;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<SignedIn>, Error> {
        let viewer = ctx.viewer()?;
        let user = viewer.user();
        let hash = user.password_hash.clone();
        let path = ["currentPassword"];
        let current = &self.current_password;
        let problem = verify(ctx, &user.username, current, hash.clone(), path).await?;
        if let Some(problem) = problem {
            return Ok(MutationResult::rejected(problem));
        }
        let password_change = PasswordChange {
            verified_hash: hash,
            password: NewPassword::of(ctx, &self.new_password, "newPassword").await?,
        };
        let changed = run(ctx, &password_change).await?;
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

struct PasswordChange {
    /// The hash that the current password was verified against.
    verified_hash: Option<String>,
    password: NewPassword,
}

impl Command for PasswordChange {
    const NAME: &'static str = <PasswordChangeInput as MutationInput>::NAME;

    type Outcome = Option<user::Model>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let id = tx.viewer()?.user().id;
        let user = tx.lock::<User>(id).await?.ok_or(Error::Unauthenticated)?;
        let password_hash = self.password.check(tx);
        if user.password_hash != self.verified_hash {
            tx.add_problem(UserError::new(
                UserErrorCode::Conflict,
                ["currentPassword"],
                "The password has been changed in the meantime.",
            ));
        }
        tx.ensure_valid()?;
        Ok(Some(set_password(tx, user, password_hash).await?))
    }
}

/// The result of `tokenRefresh`.
#[derive(SimpleObject)]
pub(crate) struct TokenRefreshPayload {
    #[graphql(flatten)]
    signed_in: SignedIn,
    /// Problems the user can fix. Always empty, since this mutation has no input.
    user_errors: Vec<UserError>,
    /// The root query, for reading anything else as it is after this mutation.
    query: Query,
}

/// Issues a new token for the viewer.
pub(crate) async fn token_refresh(ctx: &Context<'_>) -> Result<TokenRefreshPayload, Error> {
    Ok(TokenRefreshPayload {
        signed_in: SignedIn::new(ctx, ctx.viewer()?).await?,
        user_errors: Vec::new(),
        query: Query,
    })
}
