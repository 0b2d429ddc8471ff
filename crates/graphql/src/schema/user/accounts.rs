//! Mutations of accounts: bearer tokens, and the fields that sign somebody in.

use async_graphql::{Context, SimpleObject};

use super::{
    User, password_change::PasswordChangeInput, sign_in::SignInInput, sign_up::SignUpInput,
};
use crate::{
    account::token::TokenError,
    account::viewer::Viewer,
    error::Error,
    error::user_error::UserError,
    read::context::ContextExt,
    scalar::DateTime,
    schema::mutation_field::{MutationField, field},
    schema::query::Query,
    write::input::Outcome,
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
    pub(super) async fn new(ctx: &Context<'_>, viewer: Viewer) -> Result<Self, Error> {
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
