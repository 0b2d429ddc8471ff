//! Mutations of accounts.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::user;

use super::User;
use crate::{
    context::{ContextExt, Request},
    error::Error,
    query::Query,
    scalar::DateTime,
    user_error::{UserError, UserErrorCode},
    viewer::Viewer,
};

/// Mutations of accounts.
#[derive(Default)]
pub struct UserMutation;

/// Who signs in.
#[derive(InputObject)]
pub struct SignInInput {
    /// The username or the email address.
    pub login: String,
    /// The password.
    #[graphql(secret)]
    pub password: String,
}

/// The answer of `signIn`.
#[derive(SimpleObject)]
pub struct SignInPayload {
    /// The token to send as `Authorization: Bearer <token>`. It ends with the password and with
    /// the account, at the latest at `expiresAt`.
    token: Option<String>,
    /// When the token ends.
    expires_at: Option<DateTime>,
    /// Who has signed in.
    user: Option<User>,
    /// What the user can mend.
    user_errors: Vec<UserError>,
    /// To read on, as the user who has signed in.
    query: Query,
}

#[Object]
impl UserMutation {
    /// Gives a bearer token for a username or an email address and a password.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> Option<Result<SignInPayload, Error>> {
        Some(sign_in(ctx, input).await)
    }
}

async fn sign_in(ctx: &Context<'_>, input: SignInInput) -> Result<SignInPayload, Error> {
    let request = ctx.request();
    let user = find(request, &input.login).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = request.passwords.verify(input.password, hash).await;
    let Some(user) = user.filter(|user| right && user.is_active.unwrap_or(true)) else {
        return Ok(SignInPayload {
            token: None,
            expires_at: None,
            user: None,
            user_errors: vec![UserError {
                code: UserErrorCode::InvalidCredentials,
                message: "The name and the password do not belong together.".into(),
                path: vec!["login".into()],
            }],
            query: Query,
        });
    };
    let token = request
        .tokens
        .sign(&user)
        .map_err(|error| Error::Internal(error.to_string()))?;
    let viewer = Viewer::from(user);
    ctx.set_viewer(viewer.clone());
    Ok(SignInPayload {
        token: Some(token.token),
        expires_at: Some(DateTime(token.expires_at.naive_utc())),
        user: Some(viewer.user().clone().into()),
        user_errors: Vec::new(),
        query: Query,
    })
}

/// The user with this username or, where there is none, with this email address.
async fn find(request: &Request, login: &str) -> Result<Option<user::Model>, Error> {
    if login.contains('\0') {
        // PostgreSQL holds no such text, hence no such user.
        return Ok(None);
    }
    Ok(user::by_login(&request.database.reader, login.trim()).await?)
}
