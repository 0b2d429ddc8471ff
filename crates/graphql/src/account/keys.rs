//! The secrets that sign bearer tokens. Several are accepted at a time, so that a secret can be
//! replaced without signing anybody out.

use std::{iter, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, TokenData, Validation, errors::Error,
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// Says in a hash what it is for, so that it equals no other hash of a secret.
const PURPOSE: &[u8] = b"mina: id of a token secret\0";

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
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.signing.id.0.to_string());
        jsonwebtoken::encode(&header, claims, &self.signing.encoding)
    }

    /// What a token says, and whose signature it has. None if none of the secrets has signed it.
    pub(crate) fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        validation: &Validation,
    ) -> Option<(KeyId, TokenData<T>)> {
        // Tokens of earlier releases do not name their secret, and may be of any.
        let named = jsonwebtoken::decode_header(token).ok()?.kid;
        self.all()
            .filter(|key| named.as_deref().is_none_or(|id| id == &*key.id.0))
            .find_map(|key| {
                let data = jsonwebtoken::decode(token, &key.decoding, validation).ok()?;
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
        let ids = |keys: &Self| keys.all().map(|key| key.id.clone()).collect::<Vec<_>>();
        ids(self) == ids(other)
    }
}

impl Key {
    fn new(secret: &[u8]) -> Self {
        let digest = Sha256::new_with_prefix(PURPOSE).chain_update(secret);
        Self {
            id: KeyId(URL_SAFE_NO_PAD.encode(&digest.finalize()[..8]).into()),
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }
}
