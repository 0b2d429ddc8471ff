//! Mutations of users, by admins and by the users themselves.

use async_graphql::{Context, InputObject};
use entity::user::{self, Role};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter,
};

use super::{
    User,
    actions::{DEACTIVATE, REACTIVATE, SET_PASSWORD, SET_ROLE, UPDATE},
    attempts::{self, limit_taken},
    enums::UserRole,
    names::{EMAIL, USERNAME},
    new_user::NewUser,
    password::{NewPassword, revoke_tokens, set_password},
};
use crate::{
    account::throttle::Attempt,
    directive::id_of,
    error::Error,
    error::user_error::{UserError, UserErrorCode},
    quota::Stored,
    read::context::ContextExt,
    read::row::Id,
    schema::mutation_field::{MutationField, field},
    schema::payload::ObjectOutcome,
    schema::workspace::actions::CREATE_USER,
    write::input::{Command, MutationInput, MutationResult, check, run},
    write::limit::{Declared, Limit},
    write::rows::not_found,
    write::transaction::{Abort, Transaction},
};

/// The mutations of users.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[
    field::<UserCreateInput>(),
    field::<UserUpdateInput>(),
    field::<UserSetRoleInput>(),
    field::<UserSetPasswordInput>(),
    field::<UserDeactivateInput>(),
    field::<UserReactivateInput>(),
];

/// Creates a user in the viewer's workspace.
#[derive(InputObject)]
pub(crate) struct UserCreateInput {
    /// The username to sign in with, unique across all workspaces. At most 64 characters, without
    /// whitespace or `@`.
    #[graphql(directive = Declared::apply(Limit::USERNAME))]
    username: String,
    /// The email address to sign in with, unique across all workspaces. At most 120 characters.
    #[graphql(directive = Declared::apply(Limit::EMAIL))]
    email: String,
    /// The first password: at least 8 characters and at most 72 bytes.
    #[graphql(secret, directive = Declared::apply(Limit::PASSWORD))]
    password: String,
    /// The user's role.
    #[graphql(default_with = "UserRole::Member")]
    role: UserRole,
}

impl MutationInput for UserCreateInput {
    const NAME: &'static str = "userCreate";
    const HASHES_PASSWORD: bool = true;

    type Outcome = ObjectOutcome<User>;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<ObjectOutcome<User>>, Error> {
        let mut create = UserCreate {
            input: self,
            password: NewPassword::new(&self.password, "password"),
        };
        limit_taken(ctx, async {
            let user_errors = check(ctx.request(), &create).await?;
            if !user_errors.is_empty() {
                return Ok(MutationResult::rejected_for(user_errors));
            }
            if let Err(problem) = begin_setting(ctx, "password") {
                return Ok(MutationResult::rejected(problem));
            }
            create.password = create.password.hashed(ctx).await?;
            run(ctx, &create).await
        })
        .await
    }
}

/// Counts an attempt to set a password of somebody else.
fn begin_setting(ctx: &Context<'_>, field: &str) -> Result<(), UserError> {
    let viewer = ctx.viewer().ok();
    let Some(workspace_id) = viewer.and_then(|viewer| viewer.user().workspace_id) else {
        return Ok(());
    };
    let attempt = Attempt::set_password(workspace_id);
    attempts::begin(ctx.request(), attempt, "new passwords", field).map(drop)
}

struct UserCreate<'a> {
    input: &'a UserCreateInput,
    password: NewPassword<'a>,
}

impl Command for UserCreate<'_> {
    const NAME: &'static str = <UserCreateInput as MutationInput>::NAME;

    type Outcome = ObjectOutcome<User>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let workspace = tx.in_workspace(&CREATE_USER).await?;
        let user = NewUser::check(tx, &self.input.username, &self.input.email).await?;
        self.password.check(tx);
        tx.ensure_valid()?;
        tx.grow(Stored::rows(1))?;
        let (role, password_hash) = (self.input.role.into(), self.password.hash()?);
        let user = user.insert(tx, workspace.id, role, password_hash).await?;
        Ok(ObjectOutcome::new(user))
    }
}

/// Updates a user's username and email address. Omitted fields keep their values.
#[derive(InputObject)]
pub(crate) struct UserUpdateInput {
    /// The ID of the user.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
    id: Id<User>,
    /// The new username, unique across all workspaces. At most 64 characters, without whitespace or
    /// `@`.
    #[graphql(directive = Declared::apply(Limit::USERNAME))]
    username: Option<String>,
    /// The new email address, unique across all workspaces. At most 120 characters.
    #[graphql(directive = Declared::apply(Limit::EMAIL))]
    email: Option<String>,
}

impl MutationInput for UserUpdateInput {
    const NAME: &'static str = "userUpdate";

    type Outcome = ObjectOutcome<User>;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<ObjectOutcome<User>>, Error> {
        limit_taken(ctx, run(ctx, &UserUpdate(self))).await
    }
}

struct UserUpdate<'a>(&'a UserUpdateInput);

impl Command for UserUpdate<'_> {
    const NAME: &'static str = <UserUpdateInput as MutationInput>::NAME;

    type Outcome = ObjectOutcome<User>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let user = tx.lock_by_id_for(&UPDATE, &self.0.id).await?;
        let mut changed = user.clone().into_active_model();
        if let Some(username) = &self.0.username {
            changed.username = Set(USERNAME.check(tx, username, Some(&user)).await?);
        }
        if let Some(email) = &self.0.email {
            changed.email = Set(EMAIL.check(tx, email, Some(&user)).await?);
        }
        tx.ensure_valid()?;
        save(tx, changed).await
    }
}

/// Changes a user's role.
#[derive(InputObject)]
pub(crate) struct UserSetRoleInput {
    /// The ID of the user.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
    id: Id<User>,
    /// The new role.
    role: UserRole,
}

impl Command for UserSetRoleInput {
    const NAME: &'static str = "userSetRole";

    type Outcome = ObjectOutcome<User>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        tx.lock_workspace().await?;
        let user = tx.lock_by_id_for(&SET_ROLE, &self.id).await?;
        let role = Role::from(self.role);
        if role != Role::Admin {
            check_admin_stays(tx, &user, "role").await?;
        }
        tx.ensure_valid()?;
        let mut user = user.into_active_model();
        user.role = Set(Some(role));
        save(tx, user).await
    }
}

/// Sets a new password for a user who forgot theirs. All of that user's tokens are revoked.
#[derive(InputObject)]
pub(crate) struct UserSetPasswordInput {
    /// The ID of the user.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
    id: Id<User>,
    /// The new password: at least 8 characters and at most 72 bytes.
    #[graphql(secret, directive = Declared::apply(Limit::PASSWORD))]
    new_password: String,
}

impl MutationInput for UserSetPasswordInput {
    const NAME: &'static str = "userSetPassword";
    const HASHES_PASSWORD: bool = true;

    type Outcome = ObjectOutcome<User>;

    async fn run(&self, ctx: &Context<'_>) -> Result<MutationResult<ObjectOutcome<User>>, Error> {
        let mut set = UserSetPassword {
            id: &self.id,
            password: NewPassword::new(&self.new_password, "newPassword"),
        };
        let user_errors = check(ctx.request(), &set).await?;
        if !user_errors.is_empty() {
            return Ok(MutationResult::rejected_for(user_errors));
        }
        if let Err(problem) = begin_setting(ctx, "newPassword") {
            return Ok(MutationResult::rejected(problem));
        }
        set.password = set.password.hashed(ctx).await?;
        run(ctx, &set).await
    }
}

struct UserSetPassword<'a> {
    id: &'a Id<User>,
    password: NewPassword<'a>,
}

impl Command for UserSetPassword<'_> {
    const NAME: &'static str = <UserSetPasswordInput as MutationInput>::NAME;

    type Outcome = ObjectOutcome<User>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let user = tx.lock_by_id_for(&SET_PASSWORD, self.id).await?;
        self.password.check(tx);
        tx.ensure_valid()?;
        let password_hash = self.password.hash()?;
        Ok(ObjectOutcome::new(
            set_password(tx, user, password_hash).await?,
        ))
    }
}

/// Deactivates a user and revokes all of their tokens. Everything they created is kept.
#[derive(InputObject)]
pub(crate) struct UserDeactivateInput {
    /// The ID of the user.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
    id: Id<User>,
}

impl Command for UserDeactivateInput {
    const NAME: &'static str = "userDeactivate";

    type Outcome = ObjectOutcome<User>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        tx.lock_workspace().await?;
        let user = tx.lock_by_id_for(&DEACTIVATE, &self.id).await?;
        check_admin_stays(tx, &user, "id").await?;
        tx.ensure_valid()?;
        revoke_tokens(tx, user.id).await?;
        set_active(tx, user, false).await
    }
}

/// Reactivates a user. Tokens from before the deactivation remain invalid.
#[derive(InputObject)]
pub(crate) struct UserReactivateInput {
    /// The ID of the user.
    #[graphql(directive = id_of::apply(Id::<User>::of()))]
    id: Id<User>,
}

impl Command for UserReactivateInput {
    const NAME: &'static str = "userReactivate";

    type Outcome = ObjectOutcome<User>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let user = tx.lock_by_id_for(&REACTIVATE, &self.id).await?;
        set_active(tx, user, true).await
    }
}

async fn set_active(
    tx: &mut Transaction,
    user: user::Model,
    is_active: bool,
) -> Result<ObjectOutcome<User>, Abort> {
    let mut user = user.into_active_model();
    user.is_active = Set(Some(is_active));
    save(tx, user).await
}

async fn save(tx: &mut Transaction, user: user::ActiveModel) -> Result<ObjectOutcome<User>, Abort> {
    let user = tx.update(user).await?;
    tx.viewer_changed(&user);
    Ok(ObjectOutcome::new(user))
}

/// Adds a problem if the workspace would have no active admin without this one.
async fn check_admin_stays(
    tx: &mut Transaction,
    user: &user::Model,
    field: &str,
) -> Result<(), Error> {
    if user.role != Some(Role::Admin) || user.is_active == Some(false) {
        return Ok(());
    }
    let is_active = Condition::any()
        .add(user::Column::IsActive.eq(true))
        .add(user::Column::IsActive.is_null());
    let others = user::Entity::find()
        .filter(user::Column::WorkspaceId.eq(user.workspace_id))
        .filter(user::Column::Role.eq(Role::Admin))
        .filter(user::Column::Id.ne(user.id))
        .filter(is_active)
        .count(tx.connection())
        .await?;
    if others == 0 {
        tx.add_problem(UserError::new(
            UserErrorCode::LastAdmin,
            [field],
            "This is the last active admin of the workspace. Make another user an admin first.",
        ));
    }
    Ok(())
}

/// Another user named by the input, if they are active. Adds a problem if not. The user stays active
/// until the transaction has ended.
pub(crate) async fn active_user(
    tx: &mut Transaction,
    id: &Id<User>,
    field: &str,
) -> Result<Option<user::Model>, Error> {
    let user = tx.share_all([id]).await?.pop();
    match check_active(user.as_ref(), id) {
        Ok(()) => Ok(user),
        Err(problem) => {
            tx.add_problem(problem.at([field]));
            Ok(None)
        }
    }
}

/// Checks that a user exists and is active. The error has no path yet.
pub(crate) fn check_active(user: Option<&user::Model>, id: &Id<User>) -> Result<(), UserError> {
    match user {
        None => {
            let message = not_found(id).to_string();
            Err(UserError::new(UserErrorCode::NotFound, [], message))
        }
        Some(user) if user.is_active == Some(false) => Err(UserError::new(
            UserErrorCode::InvalidState,
            [],
            "This user is deactivated.",
        )),
        Some(_) => Ok(()),
    }
}
