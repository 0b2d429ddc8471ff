//! The format of backups: compressed, encrypted and authenticated.
//!
//! `docs/backup-format.md` describes it byte by byte. In short: a header that can be read without the
//! key, and then what was backed up, compressed by Zstandard and encrypted by AES-256-GCM in chunks.
//! The order and the end of the chunks are authenticated (the construction is called STREAM), and so
//! is the header. The crate knows no database and no folders, and takes neither the time nor random
//! bytes from anywhere but its arguments.

mod chunks;
mod header;
mod key;
mod problem;
#[cfg(test)]
mod tests;

use std::io::{self, BufReader, Read, Write};

pub use zeroize::Zeroizing;

use self::{
    chunks::{ChunkReader, ChunkWriter},
    header::Header,
};
pub use self::{
    header::Description,
    key::{Key, KeyError, SALT_LENGTH},
    problem::Problem,
};

/// The compression level. Higher ones take several times as long for a few percent.
const LEVEL: i32 = 3;

/// Writes a backup: what is written to it is compressed and encrypted. Nothing is complete before
/// [`BackupWriter::finish`].
pub struct BackupWriter<W: Write>(zstd::Encoder<'static, ChunkWriter<W>>);

impl<W: Write> BackupWriter<W> {
    /// Writes the header. The salt must be random, and must never be used for another backup.
    ///
    /// # Errors
    /// If the output cannot be written to, or no key can be derived from the passphrase.
    pub fn new(
        mut output: W,
        key: &Key,
        salt: [u8; SALT_LENGTH],
        description: &Description,
    ) -> io::Result<Self> {
        let (header, keys) = Header::write(key, salt, description)?;
        output.write_all(&header)?;
        let chunks = ChunkWriter::new(output, &keys);
        Ok(Self(zstd::Encoder::new(chunks, LEVEL)?))
    }

    /// Writes what is left, and the mark of the end. Returns the output.
    ///
    /// # Errors
    /// If the output cannot be written to.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()?.finish()
    }
}

impl<W: Write> Write for BackupWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Reads a backup. What is read from it was authenticated before, but only the end (a read of
/// nothing) says that nothing is missing. Errors of the format are [`Problem`]s in an [`io::Error`].
pub struct BackupReader<R: Read>(zstd::Decoder<'static, BufReader<ChunkReader<R>>>);

impl<R: Read> BackupReader<R> {
    /// Reads and checks the header.
    ///
    /// # Errors
    /// If this is no backup, the header was changed, or the key is another one.
    pub fn new(mut input: R, key: &Key) -> io::Result<(Description, Self)> {
        let header = Header::read(&mut input)?;
        let keys = header.open(key)?;
        let chunks = BufReader::new(ChunkReader::new(input, &keys));
        let reader = Self(zstd::Decoder::with_buffer(chunks)?);
        Ok((header.description, reader))
    }
}

impl<R: Read> Read for BackupReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Reads what the header says about a backup, without the key. It may have been changed by somebody
/// else.
///
/// # Errors
/// If this is no backup, or it cannot be read.
pub fn describe(mut input: impl Read) -> io::Result<Description> {
    Ok(Header::read(&mut input)?.description)
}
