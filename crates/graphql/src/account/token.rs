//! Bearer tokens: who a request says it comes from.

use std::time::Duration;

use async_graphql::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use entity::{bookkeeping::token_generation, user};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, ExprTrait, FromQueryResult,
    sea_query::{ArrayType, Asterisk, Expr, Query, SelectStatement},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    account::viewer::Viewer,
    database::Database,
    error::{Error, response::reject},
    value::is_any_of,
};

/// Tells the time. It is passed in, so that nothing below reads a clock by itself.
pub type Clock = fn() -> DateTime<Utc>;

/// Makes and checks bearer tokens: JWTs signed with HMAC-SHA-256.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    lifetime: Duration,
    clock: Clock,
}

/// A token, ready to be sent as `Authorization: Bearer …`.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token itself.
    pub token: String,
    /// When it ends by itself. A password change or a deactivation ends it before.
    pub expires_at: DateTime<Utc>,
}

/// Why a token names no viewer.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token is not ours, is altered, has expired, or its user has changed since.
    #[error("The bearer token is not valid or has expired. Sign in again.")]
    Invalid,
    /// The user could not be looked up.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// The user could not be looked up in time.
    #[error("The user of the token could not be looked up in time.")]
    Timeout,
    /// The token could not be signed.
    #[error("The token could not be signed: {0}")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

impl TokenError {
    /// What a client is told of it, as an answer; the log has the rest.
    #[must_use]
    pub fn answer(self) -> Response {
        reject(match self {
            Self::Invalid => Error::Unauthenticated,
            Self::Database(error) => error.into(),
            Self::Timeout => Error::Timeout,
            Self::Signing(error) => Error::Internal(error.to_string()),
        })
    }
}

/// The claims of a token as they are written in it.
#[derive(Serialize, Deserialize)]
struct Written {
    /// The database id of the user.
    sub: String,
    /// Made at, in seconds since the epoch.
    iat: i64,
    /// Ends at, in seconds since the epoch.
    exp: i64,
    /// The fingerprint of the password hash, so that a new password ends every token.
    pwd: String,
    /// The generation of the user's tokens. Whenever all of them are ended, the next one begins.
    r#gen: i32,
}

impl Tokens {
    /// Signs with `secret`; each token lives for `lifetime`.
    #[must_use]
    pub fn new(secret: &[u8], lifetime: Duration, clock: Clock) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            lifetime,
            clock,
        }
    }

    /// What tells the time.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// The time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Makes a token for a user.
    ///
    /// # Errors
    ///
    /// If the signature fails, which no input brings about, or the database does.
    pub async fn sign(
        &self,
        user: &user::Model,
        database: &DatabaseConnection,
    ) -> Result<Token, TokenError> {
        let generation = token_generation::Entity::find_by_id(user.id)
            .one(database)
            .await?
            .map_or(0, |row| row.generation);
        let now = self.now();
        let expires_at = now + self.lifetime;
        let claims = Written {
            sub: user.id.to_string(),
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            pwd: fingerprint(user),
            r#gen: generation,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(TokenError::Signing)?;
        Ok(Token { token, expires_at })
    }

    /// The viewer that a token names, as they are in the database now.
    ///
    /// # Errors
    ///
    /// [`TokenError::Invalid`] if the token is not one of ours or is no longer good, and
    /// [`TokenError::Database`] if the user cannot be looked up.
    pub async fn viewer(&self, token: &str, database: &Database) -> Result<Viewer, TokenError> {
        let claims = self.claims(token).ok_or(TokenError::Invalid)?;
        let is_it = Expr::col((user::Entity, user::Column::Id)).eq(claims.user_id);
        let accounts = accounts(is_it, database).await?;
        let viewer = accounts.first().and_then(|account| account.viewer(&claims));
        viewer.ok_or(TokenError::Invalid)
    }

    /// What a token says, if it is one of ours and has not expired.
    pub(crate) fn claims(&self, token: &str) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would ask the system clock; the one passed in decides.
        validation.validate_exp = false;
        let written = jsonwebtoken::decode::<Written>(token, &self.decoding, &validation)
            .ok()?
            .claims;
        let claims = Claims {
            user_id: written.sub.parse().ok()?,
            expires_at: DateTime::from_timestamp(written.exp, 0)?,
            password: written.pwd,
            generation: written.r#gen,
        };
        (claims.expires_at > self.now()).then_some(claims)
    }
}

/// What a good token says.
#[derive(Clone, Debug)]
pub(crate) struct Claims {
    pub(crate) user_id: i32,
    pub(crate) expires_at: DateTime<Utc>,
    password: String,
    generation: i32,
}

/// A user, as far as tokens depend on them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    user: Viewer,
    /// The fingerprint of the password hash. Whoever is connected is looked at with every event.
    password: String,
    generation: i32,
}

impl Account {
    /// The user's id.
    pub(crate) fn user_id(&self) -> i32 {
        self.user.user().id
    }

    /// The viewer of a token with these claims, if it is still good.
    pub(crate) fn viewer(&self, claims: &Claims) -> Option<Viewer> {
        let user = self.user.user();
        let is_good = user.is_active.unwrap_or(true)
            && self.password == claims.password
            && self.generation == claims.generation;
        is_good.then(|| self.user.clone())
    }
}

/// The accounts of these users as they are now.
pub(crate) async fn accounts_of(
    user_ids: Vec<i32>,
    database: &Database,
) -> Result<Vec<Account>, DbErr> {
    let ids = user_ids.into_iter().map(Into::into).collect();
    let column = Expr::col((user::Entity, user::Column::Id));
    let is_one = is_any_of(column, ArrayType::Int, ids, database.backend());
    accounts(is_one, database).await
}

async fn accounts(condition: Expr, database: &Database) -> Result<Vec<Account>, DbErr> {
    let statement = with_generation(condition);
    let rows = database.retried(|| database.reader.query_all(&statement));
    rows.await?
        .iter()
        .map(|row| {
            let generation: Option<i32> = row.try_get("", GENERATION)?;
            let user = user::Model::from_query_result(row, "")?;
            Ok(Account {
                password: fingerprint(&user),
                user: user.into(),
                generation: generation.unwrap_or_default(),
            })
        })
        .collect()
}

/// The column of the generation in [`with_generation`].
const GENERATION: &str = "token_generation";

/// Users and the generations of their tokens, by one statement, since every request needs both.
fn with_generation(condition: Expr) -> SelectStatement {
    let generation = Query::select()
        .column(token_generation::Column::Generation)
        .from(token_generation::Entity)
        .and_where(
            Expr::col((token_generation::Entity, token_generation::Column::UserId))
                .equals((user::Entity, user::Column::Id)),
        )
        .take();
    Query::select()
        .column((user::Entity, Asterisk))
        .expr_as(
            Expr::SubQuery(None, Box::new(generation.into())),
            GENERATION,
        )
        .from(user::Entity)
        .and_where(condition)
        .take()
}

/// Says nothing of the hash itself, which never leaves the database.
fn fingerprint(user: &user::Model) -> String {
    let digest = Sha256::digest(user.password_hash.as_deref().unwrap_or_default());
    URL_SAFE_NO_PAD.encode(&digest[..8])
}
