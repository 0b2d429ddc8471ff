//! Chunks that are encrypted one by one, whose order and end are authenticated.

use std::{
    io::{self, Read, Write},
    mem,
};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::stream::{NewStream, StreamBE32, StreamPrimitive},
};

use crate::{header::read_up_to, key::BackupKeys, problem::Problem};

/// The length of all chunks but the last one, before they are encrypted.
pub const CHUNK_LENGTH: usize = 64 * 1024;
/// How much longer a chunk is when it is encrypted: by its tag.
pub const TAG_LENGTH: usize = 16;

/// The nonce of a chunk is the prefix, its number and whether it is the last one.
fn stream(keys: &BackupKeys) -> StreamBE32<Aes256Gcm> {
    let cipher = Aes256Gcm::new((&*keys.chunks).into());
    StreamBE32::from_aead(cipher, (&keys.nonce_prefix).into())
}

/// Encrypts what is written to it.
pub struct ChunkWriter<W> {
    output: W,
    stream: StreamBE32<Aes256Gcm>,
    number: u32,
    /// Not empty, except before the first write: which chunk is the last one is known at the end.
    chunk: Vec<u8>,
    /// Whether a chunk could not be written. Its number must not be used again, for other bytes.
    has_failed: bool,
}

impl<W: Write> ChunkWriter<W> {
    pub fn new(output: W, keys: &BackupKeys) -> Self {
        Self {
            output,
            stream: stream(keys),
            number: 0,
            chunk: Vec::with_capacity(CHUNK_LENGTH + TAG_LENGTH),
            has_failed: false,
        }
    }

    /// Writes the last chunk.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.output.flush()?;
        Ok(self.output)
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        if self.has_failed {
            return Err(io::Error::other("a chunk before this one was not written"));
        }
        self.has_failed = true;
        self.stream
            .encrypt_in_place(self.number, is_last, b"", &mut self.chunk)
            .map_err(|_| Problem::TooLong)?;
        self.output.write_all(&self.chunk)?;
        self.chunk.clear();
        if !is_last {
            self.number = self.number.checked_add(1).ok_or(Problem::TooLong)?;
        }
        self.has_failed = false;
        Ok(())
    }
}

impl<W: Write> Write for ChunkWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() >= CHUNK_LENGTH || self.has_failed {
            self.seal(false)?;
        }
        let room = CHUNK_LENGTH - self.chunk.len();
        let taken = &bytes[..bytes.len().min(room)];
        self.chunk.extend_from_slice(taken);
        Ok(taken.len())
    }

    /// Does nothing for a chunk that is not full, because all but the last one are.
    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Decrypts what it reads.
pub struct ChunkReader<R> {
    input: R,
    stream: StreamBE32<Aes256Gcm>,
    number: u32,
    is_ended: bool,
    /// What was read ahead, to know whether a chunk is the last one.
    ahead: Vec<u8>,
    /// What was decrypted.
    chunk: Vec<u8>,
    /// How much of it was taken.
    taken: usize,
}

impl<R: Read> ChunkReader<R> {
    pub fn new(input: R, keys: &BackupKeys) -> Self {
        Self {
            input,
            stream: stream(keys),
            number: 0,
            is_ended: false,
            ahead: Vec::new(),
            chunk: Vec::new(),
            taken: 0,
        }
    }

    /// Reads and decrypts the next chunk.
    fn open(&mut self) -> io::Result<()> {
        let mut sealed = mem::take(&mut self.ahead);
        let begun = sealed.len();
        sealed.resize(CHUNK_LENGTH + TAG_LENGTH, 0);
        let length = begun + read_up_to(&mut self.input, &mut sealed[begun..])?;
        sealed.truncate(length);
        let mut next = [0];
        let is_last = read_up_to(&mut self.input, &mut next)? == 0;
        if !is_last {
            self.ahead.extend(next);
        }

        self.chunk.clone_from(&sealed);
        self.taken = 0;
        let number = self.number;
        let opened = self
            .stream
            .decrypt_in_place(number, is_last, b"", &mut self.chunk);
        if opened.is_err() {
            self.chunk.clear();
            return Err(self.explain(sealed, is_last).into());
        }
        self.is_ended = is_last;
        self.number = number.checked_add(1).ok_or(Problem::TooLong)?;
        Ok(())
    }

    /// Why a chunk cannot be decrypted.
    fn explain(&self, mut sealed: Vec<u8>, is_last: bool) -> Problem {
        let number = self.number;
        if sealed.is_empty() {
            return match number.checked_sub(1) {
                Some(before) => Problem::Truncated(before),
                None => Problem::HeaderIncomplete,
            };
        }
        let otherwise = self
            .stream
            .decrypt_in_place(number, !is_last, b"", &mut sealed);
        match otherwise {
            Ok(()) if is_last => Problem::Truncated(number),
            Ok(()) => Problem::Extended(number),
            Err(_) => Problem::ChunkDamaged(number),
        }
    }
}

impl<R: Read> Read for ChunkReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.chunk.len() && !self.is_ended {
            self.open()?;
        }
        let rest = &self.chunk[self.taken..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.taken += length;
        Ok(length)
    }
}
