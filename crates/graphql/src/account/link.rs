//! Signed links, with which a browser downloads a transcript. A browser cannot send a bearer token
//! with a download or for a `<track>`.
//!
//! A link is a JWT like a bearer token, but signed with another key, so that neither is ever taken
//! for the other. It carries what a bearer token does, so it ends with the user's tokens, and in
//! addition the session, the format and the workspace.

use chrono::{DateTime, SubsecRound, TimeDelta};
use entity::{bookkeeping::token_generation, user};
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};

use super::{
    keys::Purpose,
    token::{Claims, Fingerprints, Token, Tokens},
};
use crate::{database::Database, error::Error};

/// How long a link is valid.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkOf {
    /// The database id of the session.
    pub(crate) session_id: i32,
    /// The extension of the format.
    pub(crate) format: &'static str,
}

#[derive(Serialize, Deserialize)]
struct EncodedLink {
    sub: String,
    exp: i64,
    pwd: String,
    r#gen: i32,
    /// The workspace of the user.
    wsp: Option<i32>,
    /// The session.
    ses: i32,
    /// The format.
    fmt: String,
}

/// What a link says, whose signature is valid and which has not expired.
#[derive(Clone, Debug)]
pub struct LinkClaims {
    /// The claims of a token of the same user, with which the user is looked up.
    pub claims: Claims,
    pub(crate) workspace_id: Option<i32>,
    pub(crate) session_id: i32,
    format: String,
}

impl LinkClaims {
    /// Whether the link is for files with this extension.
    #[must_use]
    pub fn is_for(&self, extension: &str) -> bool {
        self.format == extension
    }
}

impl Tokens {
    /// Signs a link for a user.
    pub(crate) async fn sign_link(
        &self,
        user: &user::Model,
        database: &Database,
        of: LinkOf,
    ) -> Result<Token, Error> {
        let find = || token_generation::Entity::find_by_id(user.id).one(&database.reader);
        let stored = database.retried(find).await?;
        self.sign_link_of(user, stored, of)
            .map_err(|error| Error::Internal(error.to_string()))
    }

    /// Signs a link for a user, with what is stored about the user's tokens.
    fn sign_link_of(
        &self,
        user: &user::Model,
        stored: Option<token_generation::Model>,
        of: LinkOf,
    ) -> Result<Token, jsonwebtoken::errors::Error> {
        let generation = stored.as_ref().map_or(0, |row| row.generation);
        let expires_at = (self.now() + LIFETIME).trunc_subsecs(0);
        let link = EncodedLink {
            sub: user.id.to_string(),
            exp: expires_at.timestamp(),
            pwd: Fingerprints::of(user, stored).tokens,
            r#gen: generation,
            wsp: user.workspace_id,
            ses: of.session_id,
            fmt: of.format.to_owned(),
        };
        let token = self.sign_for(Purpose::Link, &link)?;
        Ok(Token { token, expires_at })
    }

    /// The claims of a link, if it is one of ours and valid right now.
    pub(crate) fn link_claims(&self, link: &str) -> Option<LinkClaims> {
        let (key, encoded) = self.verify_for::<EncodedLink>(Purpose::Link, link)?;
        let expires_at = DateTime::from_timestamp(encoded.exp, 0)?;
        let user_id = encoded.sub.parse().ok()?;
        // A server whose clock is wrong must not sign links that are valid for years.
        let is_issued = expires_at <= self.latest_issue() + LIFETIME;
        (is_issued && expires_at > self.now()).then(|| LinkClaims {
            claims: Claims::new(key, user_id, expires_at, encoded.pwd, encoded.r#gen),
            workspace_id: encoded.wsp,
            session_id: encoded.ses,
            format: encoded.fmt,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::Utc;

    use super::*;
    use crate::account::token::Clock;

    fn tokens(secret: &[u8]) -> Tokens {
        with_clock(secret, Utc::now)
    }

    fn with_clock(secret: &[u8], clock: Clock) -> Tokens {
        Tokens::new(secret, &[], Duration::from_mins(1), clock)
    }

    fn user() -> user::Model {
        user::Model {
            id: 7,
            username: "ada".to_owned(),
            email: "ada@example.com".to_owned(),
            password_hash: Some("hash".to_owned()),
            workspace_id: Some(3),
            role: None,
            is_active: None,
            created_at: None,
        }
    }

    #[test]
    fn a_link_says_what_it_is_for() {
        let of = LinkOf {
            session_id: 5,
            format: "vtt",
        };
        let ours = tokens(b"secret");
        let link = ours.sign_link_of(&user(), None, of).unwrap().token;
        let claims = ours.link_claims(&link).unwrap();
        assert_eq!((claims.session_id, claims.workspace_id), (5, Some(3)));
        assert!(claims.is_for("vtt") && !claims.is_for("srt"));
        assert_eq!(claims.claims.user_id, 7);
        assert!(ours.claims(&link).is_none(), "a link is no bearer token");
        assert!(tokens(b"other").link_claims(&link).is_none());
    }

    #[test]
    fn a_link_is_valid_for_its_lifetime_whatever_the_clock_was() {
        let of = LinkOf {
            session_id: 5,
            format: "vtt",
        };
        let clocks: [(Clock, bool); 5] = [
            (|| Utc::now() - TimeDelta::minutes(6), false),
            (|| Utc::now() - TimeDelta::minutes(4), true),
            // The clock of another node can be a little ahead.
            (|| Utc::now() + TimeDelta::seconds(30), true),
            (|| Utc::now() + TimeDelta::minutes(2), false),
            (|| Utc::now() + TimeDelta::days(365), false),
        ];
        for (clock, is_valid) in clocks {
            let signed = with_clock(b"secret", clock).sign_link_of(&user(), None, of);
            let link = signed.unwrap().token;
            let claims = tokens(b"secret").link_claims(&link);
            assert_eq!(claims.is_some(), is_valid, "signed at {}", clock());
        }
    }
}
