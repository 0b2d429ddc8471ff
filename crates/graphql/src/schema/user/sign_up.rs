//! Signing up.

use async_graphql::{Context, InputObject, SimpleObject};
use entity::{
    user::{self, Role},
    workspace,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

use super::{
    accounts::SignedIn,
    attempts::{self, limit_taken},
    new_user::NewUser,
    password::NewPassword,
};
use crate::{
    account::throttle::Attempt,
    error::Error,
    read::context::ContextExt,
    schema::workspace::{Workspace, slug::free_slug},
    write::input::{Command, MutationInput, MutationResult, Outcome, check, run},
    write::limit::{Declared, Limit},
    write::transaction::{Abort, Transaction},
};

/// Creates a workspace and its first admin, who is then signed in.
#[derive(InputObject)]
pub(crate) struct SignUpInput {
    /// The workspace's name, from which its slug is derived. At most 128 characters; must not be
    /// blank.
    #[graphql(directive = Declared::apply(Limit::WORKSPACE_NAME))]
    workspace_name: String,
    /// The username to sign in with, unique across all workspaces. At most 64 characters, without
    /// whitespace or `@`.
    #[graphql(directive = Declared::apply(Limit::USERNAME))]
    username: String,
    /// The email address to sign in with, unique across all workspaces. At most 120 characters.
    #[graphql(directive = Declared::apply(Limit::EMAIL))]
    email: String,
    /// The password: at least 8 characters and at most 72 bytes.
    #[graphql(secret, directive = Declared::apply(Limit::PASSWORD))]
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
        if let Err(problem) = attempts::begin(request, attempt, "new accounts", "username") {
            return Ok(MutationResult::rejected(problem));
        }
        let created = limit_taken(ctx, Box::pin(self.create(ctx))).await?;
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

type Created = Option<(workspace::Model, user::Model)>;

impl SignUpInput {
    async fn create(&self, ctx: &Context<'_>) -> Result<MutationResult<Created>, Error> {
        let mut sign_up = SignUp {
            input: self,
            password: NewPassword::new(&self.password, "password"),
        };
        let user_errors = check(ctx.request(), &sign_up).await?;
        if !user_errors.is_empty() {
            return Ok(MutationResult::rejected_for(user_errors));
        }
        sign_up.password = sign_up.password.hashed(ctx).await?;
        run(ctx, &sign_up).await
    }
}

struct SignUp<'a> {
    input: &'a SignUpInput,
    password: NewPassword<'a>,
}

impl Command for SignUp<'_> {
    const NAME: &'static str = <SignUpInput as MutationInput>::NAME;

    type Outcome = Created;

    const IS_PUBLIC: bool = true;

    async fn execute(&self, tx: &mut Transaction) -> Result<Created, Abort> {
        let name = tx.text(
            &self.input.workspace_name,
            Limit::WORKSPACE_NAME,
            "workspaceName",
        );
        let user = NewUser::check(tx, &self.input.username, &self.input.email).await?;
        self.password.check(tx);
        tx.ensure_valid()?;
        let password_hash = self.password.hash()?;
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
