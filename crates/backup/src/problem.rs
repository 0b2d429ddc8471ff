//! What is wrong with a backup.

use std::io;

/// What is wrong with a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It does not begin like one.
    #[error("this is not a backup of Mina")]
    NotABackup,
    /// It was written by a newer version.
    #[error("the backup has version {0} of the format, which this mina does not know")]
    UnknownVersion(u16),
    /// It ends within the header.
    #[error("the backup is incomplete: it ends within its header")]
    HeaderIncomplete,
    /// The header has values that no version writes.
    #[error("the header of the backup is damaged: {0}")]
    HeaderDamaged(&'static str),
    /// The header is not the one that was written.
    #[error("the header of the backup was changed after it was written")]
    HeaderChanged,
    /// It was encrypted with a passphrase, and the key is a file.
    #[error("the backup was encrypted with a passphrase, not with a key file")]
    NeedsPassphrase,
    /// It was encrypted with a key file, and the key is a passphrase.
    #[error("the backup was encrypted with a key file, not with a passphrase")]
    NeedsKeyFile,
    /// The key does not belong to it.
    #[error("this is not the key or passphrase that the backup was encrypted with")]
    WrongKey,
    /// A chunk is not the one that was written in this place.
    #[error("chunk {0} of the backup was changed, or is in the wrong place")]
    ChunkDamaged(u32),
    /// There are no more chunks after one that is not the last.
    #[error("the backup is incomplete: it ends after chunk {0}, which is not the last one")]
    Truncated(u32),
    /// There is something after the last chunk.
    #[error("something was added to the backup after its end, which is chunk {0}")]
    Extended(u32),
    /// There are more chunks than can be counted.
    #[error("the backup is too long")]
    TooLong,
}

impl From<Problem> for io::Error {
    fn from(problem: Problem) -> Self {
        Self::new(io::ErrorKind::InvalidData, problem)
    }
}
