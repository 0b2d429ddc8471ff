//! Bearer tokens, which say whose request it is.

use std::time::Duration;

use async_graphql::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::{bookkeeping::token_generation, user};
use jsonwebtoken::{Algorithm, Validation};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait,
    sea_query::{ArrayType, Asterisk, Expr, Query, SelectStatement},
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{
    account::{
        keys::{KeyId, Keys, Purpose},
        viewer::Viewer,
    },
    database::{Database, model::model},
    error::{Error, response::reject},
    moment,
    value::is_any_of,
};

/// Returns the current time. It is passed in, so that no code reads the system clock by itself.
pub type Clock = fn() -> DateTime<Utc>;

/// Makes and checks bearer tokens: JWTs signed with HMAC-SHA-256.
pub struct Tokens {
    keys: watch::Sender<Keys>,
    validation: Validation,
    lifetime: Duration,
    clock: Clock,
}

/// How far the clock of the server that issued a token may be ahead, in seconds.
pub(super) const MAX_CLOCK_SKEW: i64 = 60;

/// A token, ready to be sent as `Authorization: Bearer …`.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token itself.
    pub token: String,
    /// When the token expires. Changing the password or deactivating the user revokes it earlier.
    pub expires_at: DateTime<Utc>,
}

/// Why a token was rejected, or could not be checked or signed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token was not issued by this server, was altered, has expired or was revoked.
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
    /// The response for the client. Details that the client must not see are logged.
    #[must_use]
    pub fn into_response(self) -> Response {
        reject(match self {
            Self::Invalid => Error::Unauthenticated,
            Self::Database(error) => error.into(),
            Self::Timeout => Error::Timeout,
            Self::Signing(error) => Error::Internal(error.to_string()),
        })
    }
}

/// Who issues the tokens.
const ISSUER: &str = "mina";

/// The claims in the form that the token contains.
#[derive(Serialize, Deserialize)]
struct EncodedClaims {
    /// Always [`ISSUER`]. Tokens that were issued before Mina named itself do not have it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    iss: Option<String>,
    /// The database id of the user.
    sub: String,
    /// When the token was issued, in seconds since the epoch.
    iat: i64,
    /// When the token becomes valid, in seconds since the epoch. Mina issues tokens without it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    nbf: Option<i64>,
    /// When the token expires, in seconds since the epoch.
    exp: i64,
    /// The fingerprint of the password hash, so that a new password revokes all tokens.
    pwd: String,
    /// The generation of the user's tokens. Revoking all tokens begins the next one.
    r#gen: i32,
}

/// Reads an optional claim. A claim that is present must have a value, so null is an error.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    claim: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(claim).map(Some)
}

impl Tokens {
    /// Signs with `secret`, and accepts tokens that were signed with one of the `retired` secrets too.
    /// Each token is valid for `lifetime`.
    #[must_use]
    pub fn new(secret: &[u8], retired: &[&[u8]], lifetime: Duration, clock: Clock) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would use the system clock. The clock that was passed in is used below.
        validation.validate_exp = false;
        Self {
            keys: watch::Sender::new(Keys::new(secret, retired)),
            validation,
            lifetime,
            clock,
        }
    }

    /// Replaces the secrets, and returns whether that makes a difference. Tokens of secrets that are
    /// not among them become invalid.
    #[must_use]
    pub fn replace_secrets(&self, secret: &[u8], retired: &[&[u8]]) -> bool {
        let new = Keys::new(secret, retired);
        self.keys.send_if_modified(|keys| {
            let is_changed = *keys != new;
            *keys = new;
            is_changed
        })
    }

    /// Whether the secret that has signed a token is still accepted.
    pub(crate) fn accept_key_of(&self, claims: &Claims) -> bool {
        self.keys.borrow().accept(&claims.key)
    }

    /// The secrets, with all changes.
    pub(crate) fn keys(&self) -> watch::Receiver<Keys> {
        self.keys.subscribe()
    }

    /// The clock.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// The current time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Issues a token for a user.
    ///
    /// # Errors
    ///
    /// If signing fails, which no input can cause, or the database does.
    pub async fn sign(
        &self,
        user: &user::Model,
        database: &impl ConnectionTrait,
    ) -> Result<Token, TokenError> {
        let row = token_generation::Entity::find_by_id(user.id)
            .one(database)
            .await?;
        let generation = row.as_ref().map_or(0, |row| row.generation);
        let password = Fingerprints::of(user, row).tokens;
        let now = self.now();
        // A token is valid for whole seconds.
        let lifetime = TimeDelta::from_std(self.lifetime).unwrap_or(TimeDelta::MAX);
        let expires_at = moment::after(now.naive_utc(), lifetime)
            .and_utc()
            .trunc_subsecs(0);
        let claims = EncodedClaims {
            iss: Some(ISSUER.to_owned()),
            sub: user.id.to_string(),
            iat: now.timestamp(),
            nbf: None,
            exp: expires_at.timestamp(),
            pwd: password,
            r#gen: generation,
        };
        let token = self.sign_for(Purpose::BearerToken, &claims);
        let token = token.map_err(TokenError::Signing)?;
        Ok(Token { token, expires_at })
    }

    /// Signs a token for a purpose.
    pub(super) fn sign_for(
        &self,
        purpose: Purpose,
        claims: &impl Serialize,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        self.keys.borrow().sign(purpose, claims)
    }

    /// What a token for this purpose says, and which secret has signed it. Its times are not checked.
    pub(super) fn verify_for<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        token: &str,
    ) -> Option<(KeyId, T)> {
        let verified = self.keys.borrow().verify(purpose, token, &self.validation);
        let (key, decoded) = verified?;
        // A token with extensions that must be understood (RFC 7515, section 4.1.11) is rejected,
        // because Mina knows none.
        decoded
            .header
            .crit
            .is_none()
            .then_some((key, decoded.claims))
    }

    /// The claims of a token, if it is one of ours and valid right now.
    pub(crate) fn claims(&self, token: &str) -> Option<Claims> {
        let (key, encoded) = self.verify_for::<EncodedClaims>(Purpose::BearerToken, token)?;
        let claims = Claims {
            key,
            user_id: encoded.sub.parse().ok()?,
            expires_at: DateTime::from_timestamp(encoded.exp, 0)?,
            password: encoded.pwd,
            generation: encoded.r#gen,
        };
        let now = self.now();
        let is_ours = encoded.iss.is_none_or(|issuer| issuer == ISSUER);
        // A server whose clock is wrong must not issue tokens that are valid for years.
        let is_issued = encoded.iat <= now.timestamp().saturating_add(MAX_CLOCK_SKEW);
        let is_valid_yet = is_issued && encoded.nbf.is_none_or(|begin| begin <= now.timestamp());
        (is_ours && is_valid_yet && claims.expires_at > now).then_some(claims)
    }
}

/// What a token says, whose signature is valid and which has not expired.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The secret that signed it.
    pub(crate) key: KeyId,
    pub(crate) user_id: i32,
    pub(crate) expires_at: DateTime<Utc>,
    password: String,
    generation: i32,
}

impl Claims {
    /// The claims of something else than a bearer token that ends with the user's tokens.
    pub(super) fn new(
        key: KeyId,
        user_id: i32,
        expires_at: DateTime<Utc>,
        password: String,
        generation: i32,
    ) -> Self {
        Self {
            key,
            user_id,
            expires_at,
            password,
            generation,
        }
    }
}

/// A user, and what decides which of their tokens are valid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    user: Viewer,
    /// They are stored, because every event is checked against them.
    password: Fingerprints,
    generation: i32,
}

impl Account {
    /// The user's id.
    pub(crate) fn user_id(&self) -> i32 {
        self.user().id
    }

    /// The user's row.
    pub(crate) fn user(&self) -> &user::Model {
        self.user.user()
    }

    /// The viewer of a token with these claims, if it is still valid.
    pub(crate) fn viewer(&self, claims: &Claims) -> Option<Viewer> {
        let user = self.user.user();
        let is_valid = user.is_active.unwrap_or(true)
            && self.password.accept(&claims.password)
            && self.generation == claims.generation;
        is_valid.then(|| self.user.clone())
    }
}

/// A user as stored at some moment.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) account: Account,
    /// What differs whenever a row has changed from which the account was read. None on SQLite, which
    /// has no such thing.
    pub(crate) version: Option<String>,
}

/// A user as stored right now. None if there is no such user.
pub(crate) async fn stored(user_id: i32, database: &Database) -> Result<Option<Seen>, DbErr> {
    let is_user = Expr::col((user::Entity, user::Column::Id)).eq(user_id);
    Ok(seen(is_user, database).await?.into_iter().next())
}

/// The current accounts of these users.
pub(crate) async fn accounts_of(
    user_ids: Vec<i32>,
    database: &Database,
) -> Result<Vec<Account>, DbErr> {
    let ids = user_ids.into_iter().map(Into::into).collect();
    let column = Expr::col((user::Entity, user::Column::Id));
    let is_one = is_any_of(column, ArrayType::Int, ids, database.backend());
    let seen = seen(is_one, database).await?.into_iter();
    Ok(seen.map(|it| it.account).collect())
}

async fn seen(condition: Expr, database: &Database) -> Result<Vec<Seen>, DbErr> {
    let has_version = database.backend() == DbBackend::Postgres;
    let mut statement = with_generation(condition);
    if has_version {
        statement.expr_as(Expr::cust(VERSION_SQL), VERSION);
    }
    let rows = database.retried(|| database.reader.query_all(&statement));
    rows.await?
        .iter()
        .map(|row| {
            let generation: Option<i32> = row.try_get("", GENERATION)?;
            let renewed_hash: Option<String> = row.try_get("", RENEWED_HASH)?;
            let token_fingerprint = row.try_get("", TOKEN_FINGERPRINT)?;
            let user = model::<user::Model>(row)?;
            let account = Account {
                password: Fingerprints::new(&user, renewed_hash.as_deref(), token_fingerprint),
                user: user.into(),
                generation: generation.unwrap_or_default(),
            };
            let version = has_version.then(|| row.try_get("", VERSION)).transpose()?;
            Ok(Seen { account, version })
        })
        .collect()
}

/// The version of the rows that [`with_generation`] selects: where PostgreSQL stores them, and which
/// transactions have stored them. Whatever is updated is stored in another place.
const VERSION_SQL: &str = r#"concat_ws(' ', "user".xmin, "user".ctid, "mina_token_generation".xmin, "mina_token_generation".ctid)"#;

/// The name of its column.
const VERSION: &str = "version";

/// On PostgreSQL, the condition that the rows from which an account was read are as they were. NULL if
/// the user does not exist.
pub(crate) fn is_same_version(user_id: i32, version: &str) -> Expr {
    let condition = Expr::col((user::Entity, user::Column::Id)).eq(user_id);
    let mut select = with_generation(condition);
    let is_same = Expr::cust(VERSION_SQL).eq(version);
    Expr::SubQuery(
        None,
        Box::new(select.clear_selects().expr(is_same).take().into()),
    )
}

// The columns of `mina_token_generation` in `with_generation`.
const GENERATION: &str = "token_generation";
const RENEWED_HASH: &str = "token_renewed_hash";
const TOKEN_FINGERPRINT: &str = "token_fingerprint";

/// Selects users with what is stored about their tokens. Every request needs both, so one statement
/// reads them.
fn with_generation(condition: Expr) -> SelectStatement {
    use token_generation::{Column, Entity};
    Query::select()
        .column((user::Entity, Asterisk))
        .expr_as(Expr::col((Entity, Column::Generation)), GENERATION)
        .expr_as(Expr::col((Entity, Column::RenewedHash)), RENEWED_HASH)
        .expr_as(
            Expr::col((Entity, Column::TokenFingerprint)),
            TOKEN_FINGERPRINT,
        )
        .from(user::Entity)
        .left_join(
            Entity,
            Expr::col((Entity, Column::UserId)).equals((user::Entity, user::Column::Id)),
        )
        .and_where(condition)
        .take()
}

/// The fingerprints of a password hash. The hash itself is never sent to anyone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fingerprints {
    /// That of the stored hash.
    stored: String,
    /// The one that new tokens carry. Renewing the hash of the same password does not change it.
    pub(super) tokens: String,
}

impl Fingerprints {
    /// Those of a user, with what is stored about the user's tokens.
    pub(super) fn of(user: &user::Model, row: Option<token_generation::Model>) -> Self {
        let (renewed_hash, token_fingerprint) = row
            .map(|row| (row.renewed_hash, row.token_fingerprint))
            .unwrap_or_default();
        Self::new(user, renewed_hash.as_deref(), token_fingerprint)
    }

    fn new(
        user: &user::Model,
        renewed_hash: Option<&str>,
        token_fingerprint: Option<String>,
    ) -> Self {
        let stored = Self::of_hash(user.password_hash.as_deref().unwrap_or_default());
        let tokens = token_fingerprint.filter(|_| renewed_hash == Some(stored.as_str()));
        Self {
            tokens: tokens.unwrap_or_else(|| stored.clone()),
            stored,
        }
    }

    /// Whether a token with this fingerprint was issued for the current password. Servers of
    /// earlier releases issue tokens with the fingerprint of the stored hash.
    fn accept(&self, fingerprint: &str) -> bool {
        self.tokens == fingerprint || self.stored == fingerprint
    }
    /// The fingerprint of a hash.
    pub(super) fn of_hash(hash: &str) -> String {
        let digest = Sha256::digest(hash);
        URL_SAFE_NO_PAD.encode(&digest[..8])
    }
}
