//! The header of a backup.

use std::io::{self, Read};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    key::{BackupKeys, CHECK_LENGTH, Cost, Key, KeyKind, SALT_LENGTH, TAG_LENGTH},
    problem::Problem,
};

const MAGIC: [u8; 8] = *b"MINABKUP";
const VERSION: u16 = 1;
/// Everything before the description.
const FIXED_LENGTH: usize = 76;
/// The longest description that is read.
const MAX_DESCRIPTION: usize = 64 * 1024;

/// What a backup says about itself. It is not encrypted, so that backups can be listed without the
/// key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// The moment whose state it has.
    pub taken_at: DateTime<Utc>,
    /// The version of mina that wrote it.
    pub mina_version: String,
    /// The latest migration that was applied.
    pub schema_version: String,
    /// The size of the database file, in bytes.
    pub database_bytes: u64,
}

/// A header that was read, and not checked yet.
pub struct Header {
    pub description: Description,
    kind: KeyKind,
    salt: [u8; SALT_LENGTH],
    check: [u8; CHECK_LENGTH],
    /// Everything but the tag.
    bytes: Vec<u8>,
    tag: [u8; TAG_LENGTH],
}

impl Header {
    /// The bytes of a new header, and the keys of its backup.
    pub fn write(
        key: &Key,
        salt: [u8; SALT_LENGTH],
        description: &Description,
    ) -> io::Result<(Vec<u8>, BackupKeys)> {
        let kind = key.kind();
        let keys = key.derive(kind, &salt)?;
        let description = serde_json::to_vec(description)?;
        let length = u32::try_from(description.len()).unwrap_or(u32::MAX);
        let (kind, cost) = match kind {
            KeyKind::File => (0, [0; 3]),
            KeyKind::Passphrase(cost) => (1, [cost.memory, cost.passes, cost.lanes]),
        };
        let mut bytes = Vec::with_capacity(FIXED_LENGTH + description.len() + TAG_LENGTH);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_be_bytes());
        bytes.extend([kind, 0]);
        bytes.extend(cost.into_iter().flat_map(u32::to_be_bytes));
        bytes.extend(salt);
        bytes.extend(keys.check);
        bytes.extend(length.to_be_bytes());
        bytes.extend(description);
        bytes.extend(keys.tag(&bytes));
        Ok((bytes, keys))
    }

    /// Reads a header.
    pub fn read(input: &mut impl Read) -> io::Result<Self> {
        let mut bytes = vec![0; FIXED_LENGTH];
        // What is no backup is often shorter than a header.
        let begun = read_up_to(input, &mut bytes)?;
        if !bytes.starts_with(&MAGIC) {
            return Err(Problem::NotABackup.into());
        }
        if begun < FIXED_LENGTH {
            return Err(Problem::HeaderIncomplete.into());
        }
        let mut fields = Fields(&bytes[MAGIC.len()..]);
        let version = u16::from_be_bytes(fields.take());
        if version != VERSION {
            return Err(Problem::UnknownVersion(version).into());
        }
        let [kind, _] = fields.take();
        let [memory, passes, lanes] = [0; 3].map(|_| u32::from_be_bytes(fields.take()));
        let kind = match kind {
            0 => KeyKind::File,
            1 => KeyKind::Passphrase(Cost {
                memory,
                passes,
                lanes,
            }),
            _ => return Err(Problem::HeaderDamaged("the kind of its key").into()),
        };
        let salt = fields.take();
        let check = fields.take();
        let length = u32::from_be_bytes(fields.take()) as usize;
        if length > MAX_DESCRIPTION {
            return Err(Problem::HeaderDamaged("the length of its description").into());
        }
        bytes.resize(FIXED_LENGTH + length, 0);
        let mut tag = [0; TAG_LENGTH];
        if read_up_to(input, &mut bytes[FIXED_LENGTH..])? < length
            || read_up_to(input, &mut tag)? < TAG_LENGTH
        {
            return Err(Problem::HeaderIncomplete.into());
        }
        let description = serde_json::from_slice(&bytes[FIXED_LENGTH..])
            .map_err(|_| Problem::HeaderDamaged("its description"))?;
        Ok(Self {
            description,
            kind,
            salt,
            check,
            bytes,
            tag,
        })
    }

    /// Checks the header with a key, and returns the keys of the backup.
    pub fn open(&self, key: &Key) -> Result<BackupKeys, Problem> {
        let keys = key.derive(self.kind, &self.salt)?;
        if keys.check != self.check {
            return Err(Problem::WrongKey);
        }
        if !keys.is_tag(&self.bytes, &self.tag) {
            return Err(Problem::HeaderChanged);
        }
        Ok(keys)
    }
}

/// Fields of a fixed length, one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self
            .0
            .split_first_chunk()
            .expect("the fields are as long as the fixed part of the header");
        self.0 = rest;
        *field
    }
}

/// Fills the buffer, or less if the input ends. Returns how much was read.
pub fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
