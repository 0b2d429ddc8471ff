//! The secrets that sign bearer tokens. Several are accepted at a time, so that a secret can be
//! replaced without signing anybody out.

use std::{iter, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, TokenData, Validation, errors::Error,
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

// What is derived from a secret is a hash of one of these and the secret.
const ID: &[u8] = b"mina: id of a token secret\0";
const LINK: &[u8] = b"mina: key of transcript links\0";

/// What is signed. Nothing that was signed for one purpose is accepted for another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// A bearer token.
    BearerToken,
    /// A link to a transcript.
    Link,
}

/// What identifies a secret: the `kid` of its tokens. It reveals nothing about the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyId(Arc<str>);

/// The secrets that are in use. The first one signs, and tokens of all of them are accepted.
#[derive(Clone)]
pub(crate) struct Keys {
    signing: Key,
    retired: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: KeyId,
    bearer_token: Pair,
    link: Pair,
}

/// A key that signs and checks.
#[derive(Clone)]
struct Pair {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Keys {
    /// Signs with one secret, and accepts the tokens of the others too.
    pub(crate) fn new(signing: &[u8], retired: &[&[u8]]) -> Self {
        Self {
            signing: Key::new(signing),
            retired: retired.iter().map(|secret| Key::new(secret)).collect(),
        }
    }

    /// Signs a token.
    ///
    /// # Errors
    ///
    /// If the library does, which no claims of ours can cause.
    pub(crate) fn sign(&self, purpose: Purpose, claims: &impl Serialize) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.signing.id.0.to_string());
        jsonwebtoken::encode(&header, claims, &self.signing.of(purpose).encoding)
    }

    /// What a token says, and whose signature it has. None if none of the secrets has signed it.
    pub(crate) fn verify<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        token: &str,
        validation: &Validation,
    ) -> Option<(KeyId, TokenData<T>)> {
        // Tokens of earlier releases do not name their secret, and may be of any. A single secret
        // needs no name.
        let named = match self.retired.as_slice() {
            [] => None,
            _ => jsonwebtoken::decode_header(token).ok()?.kid,
        };
        self.all()
            .filter(|key| named.as_deref().is_none_or(|id| id == &*key.id.0))
            .find_map(|key| {
                let decoding = &key.of(purpose).decoding;
                let data = jsonwebtoken::decode(token, decoding, validation).ok()?;
                Some((key.id.clone(), data))
            })
    }

    /// Whether tokens of this secret are accepted.
    pub(crate) fn accept(&self, id: &KeyId) -> bool {
        self.all().any(|key| key.id == *id)
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        iter::once(&self.signing).chain(&self.retired)
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        let ids = self.all().map(|key| &key.id);
        ids.eq(other.all().map(|key| &key.id))
    }
}

impl Key {
    fn new(secret: &[u8]) -> Self {
        let derived = |what| {
            Sha256::new_with_prefix(what)
                .chain_update(secret)
                .finalize()
        };
        Self {
            id: KeyId(URL_SAFE_NO_PAD.encode(&derived(ID)[..8]).into()),
            bearer_token: Pair::new(secret),
            link: Pair::new(&derived(LINK)),
        }
    }

    fn of(&self, purpose: Purpose) -> &Pair {
        match purpose {
            Purpose::BearerToken => &self.bearer_token,
            Purpose::Link => &self.link,
        }
    }
}

impl Pair {
    fn new(secret: &[u8]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }
}
