//! Keys: from a file, or derived from a passphrase.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::problem::Problem;

/// The length of a key: that of AES-256.
pub const KEY_LENGTH: usize = 32;
/// The length of the salt of each backup.
pub const SALT_LENGTH: usize = 32;
/// The length of what tells whether a key belongs to a backup.
pub const CHECK_LENGTH: usize = 16;
/// The length of the part of the nonce that is the same in all chunks.
pub const NONCE_PREFIX_LENGTH: usize = 7;
/// The length of the tag of a header.
pub const TAG_LENGTH: usize = 32;

/// The shortest passphrase, in characters.
const MIN_PASSPHRASE: usize = 12;

/// The key of backups.
pub enum Key {
    /// Random bytes from a file.
    File(Zeroizing<[u8; KEY_LENGTH]>),
    /// A passphrase, from which a key is derived for each backup.
    Passphrase(Zeroizing<String>),
}

/// Why something is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither 64 hexadecimal digits nor 32 bytes.
    #[error("a key is 64 hexadecimal digits, or {KEY_LENGTH} bytes")]
    Malformed,
    /// 32 bytes that somebody has typed.
    #[error("a key is random, and this is a text; use it as a passphrase")]
    Typed,
    /// The passphrase could be guessed.
    #[error("a passphrase has at least {MIN_PASSPHRASE} characters")]
    TooShort,
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("********")
    }
}

impl Key {
    /// Reads the content of a key file: 64 hexadecimal digits, or 32 bytes as they are.
    ///
    /// # Errors
    /// If the content is neither, or a text: a passphrase is no key, because it can be guessed.
    pub fn from_file(content: &[u8]) -> Result<Self, KeyError> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        let digits = content.trim_ascii();
        if hex::decode_to_slice(digits, &mut *key).is_err() {
            if content.len() != KEY_LENGTH {
                return Err(KeyError::Malformed);
            }
            if content.iter().all(|byte| matches!(byte, b' '..=b'~')) {
                return Err(KeyError::Typed);
            }
            key.copy_from_slice(content);
        }
        Ok(Self::File(key))
    }

    /// Takes the passphrase in a file, whose line break is not part of it.
    ///
    /// # Errors
    /// If it is so short that it could be guessed.
    pub fn from_passphrase(content: &str) -> Result<Self, KeyError> {
        let passphrase = content.trim_end_matches(['\r', '\n']);
        if passphrase.chars().count() < MIN_PASSPHRASE {
            return Err(KeyError::TooShort);
        }
        Ok(Self::Passphrase(Zeroizing::new(passphrase.to_owned())))
    }

    /// The content of a key file: a line of hexadecimal digits.
    #[must_use]
    pub fn file_content(bytes: &[u8; KEY_LENGTH]) -> Zeroizing<[u8; 2 * KEY_LENGTH + 1]> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut line = Zeroizing::new([b'\n'; 2 * KEY_LENGTH + 1]);
        for (digits, byte) in line.chunks_exact_mut(2).zip(bytes) {
            digits[0] = DIGITS[usize::from(byte >> 4)];
            digits[1] = DIGITS[usize::from(byte & 15)];
        }
        line
    }

    pub(crate) fn kind(&self) -> KeyKind {
        match self {
            Self::File(_) => KeyKind::File,
            Self::Passphrase(_) => KeyKind::Passphrase(Cost::DEFAULT),
        }
    }

    /// The keys of the backup with this salt.
    pub(crate) fn derive(
        &self,
        kind: KeyKind,
        salt: &[u8; SALT_LENGTH],
    ) -> Result<BackupKeys, Problem> {
        match (self, kind) {
            (Self::File(key), KeyKind::File) => Ok(BackupKeys::expand(&key[..], salt)),
            (Self::Passphrase(passphrase), KeyKind::Passphrase(cost)) => {
                let mut key = Zeroizing::new([0; KEY_LENGTH]);
                Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params()?)
                    .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
                    .map_err(|_| Problem::HeaderDamaged("no key can be derived so"))?;
                Ok(BackupKeys::expand(&key[..], salt))
            }
            (Self::File(_), KeyKind::Passphrase(_)) => Err(Problem::NeedsPassphrase),
            (Self::Passphrase(_), KeyKind::File) => Err(Problem::NeedsKeyFile),
        }
    }
}

/// Where the key of a backup is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// From a file.
    File,
    /// Derived from a passphrase at this cost.
    Passphrase(Cost),
}

/// What it costs to derive a key from a passphrase with Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The memory, in KiB.
    pub memory: u32,
    /// How often the memory is passed over.
    pub passes: u32,
    /// How many parts of the memory could be computed at once.
    pub lanes: u32,
}

impl Cost {
    /// The second choice of RFC 9106, which leaves memory to the server.
    pub const DEFAULT: Self = Self {
        memory: 64 * 1024,
        passes: 3,
        lanes: 4,
    };

    /// The most that is read: a file of somebody else must not take all memory.
    const MOST: Self = Self {
        memory: 1024 * 1024,
        passes: 16,
        lanes: 16,
    };

    fn params(self) -> Result<Params, Problem> {
        let most = Self::MOST;
        let is_sane =
            self.memory <= most.memory && self.passes <= most.passes && self.lanes <= most.lanes;
        let params = Params::new(self.memory, self.passes, self.lanes, Some(KEY_LENGTH));
        params
            .ok()
            .filter(|_| is_sane)
            .ok_or(Problem::HeaderDamaged("the cost of the passphrase"))
    }
}

/// The keys of one backup.
pub struct BackupKeys {
    /// Encrypts the chunks.
    pub chunks: Zeroizing<[u8; KEY_LENGTH]>,
    /// The part of the nonces that is the same in all chunks.
    pub nonce_prefix: [u8; NONCE_PREFIX_LENGTH],
    /// Tells whether a key belongs to the backup.
    pub check: [u8; CHECK_LENGTH],
    header: Zeroizing<[u8; KEY_LENGTH]>,
}

impl BackupKeys {
    fn expand(key: &[u8], salt: &[u8; SALT_LENGTH]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(salt), key);
        let mut keys = Self {
            chunks: Zeroizing::default(),
            nonce_prefix: [0; NONCE_PREFIX_LENGTH],
            check: [0; CHECK_LENGTH],
            header: Zeroizing::default(),
        };
        let outputs: [(&[u8], &mut [u8]); 4] = [
            (b"mina backup 1 chunks", &mut keys.chunks[..]),
            (b"mina backup 1 nonce", &mut keys.nonce_prefix),
            (b"mina backup 1 check", &mut keys.check),
            (b"mina backup 1 header", &mut keys.header[..]),
        ];
        for (purpose, output) in outputs {
            hkdf.expand(purpose, output)
                .expect("the outputs are shorter than 255 hashes");
        }
        keys
    }

    /// The tag of a header.
    pub fn tag(&self, header: &[u8]) -> [u8; TAG_LENGTH] {
        self.mac(header).finalize().into_bytes().into()
    }

    /// Whether this is the tag of the header, in a time that says nothing about it.
    pub fn is_tag(&self, header: &[u8], tag: &[u8]) -> bool {
        self.mac(header).verify_slice(tag).is_ok()
    }

    fn mac(&self, header: &[u8]) -> Hmac<Sha256> {
        let mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.header[..]);
        mac.expect("HMAC takes keys of any length")
            .chain_update(header)
    }
}
