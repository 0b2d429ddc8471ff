//! Detects a write-ahead log that belongs to another SQLite file.
//!
//! After a crash, the log (`mina.db-wal`) has the latest changes, and SQLite applies them to whatever
//! file is beside it. If somebody has put an older copy there and left the log, that damages the copy,
//! or undoes the restoring. Nothing in the two files says that they belong together. But:
//!
//! - The database file is changed only by checkpoints, which copy pages from the log. So if it was
//!   put there or changed (`ctime`, which no program can set) before the log was last written, the
//!   log was written for it.
//! - If it was changed later, that was a checkpoint, or somebody else. After a checkpoint, at least one
//!   page of the file is as it is in the log.
//!
//! If neither is the case, the log is taken for that of another file, and nothing is opened.

use std::{
    collections::HashMap,
    fs::{File, Metadata},
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
    time::{Duration, SystemTime},
};

use super::{ConnectError, paths::log_of};

const HEADER_LENGTH: usize = 32;
const FRAME_HEADER_LENGTH: usize = 24;

/// Rejects a file beside which there is the log of another one. It must not be open in this process:
/// closing a file here would release the locks that SQLite has on it.
///
/// # Errors
/// If there is such a log.
pub fn check(path: &Path) -> Result<(), ConnectError> {
    if has_log_of_another(path) {
        return Err(ConnectError::StaleLog {
            path: path.to_owned(),
            log: log_of(path),
        });
    }
    Ok(())
}

/// Whether the log beside a file, if there is one, belongs to another file. See [`check`].
pub fn has_log_of_another(path: &Path) -> bool {
    // What cannot be read here, SQLite cannot read either, and says so.
    is_stale(path, &log_of(path)).unwrap_or(false)
}

fn is_stale(path: &Path, log: &Path) -> io::Result<bool> {
    let (file, log_file) = (path.metadata()?, log.metadata()?);
    if log_file.len() <= HEADER_LENGTH as u64 || changed_at(&file) < log_file.modified()? {
        return Ok(false);
    }
    let pages = committed_pages(BufReader::new(File::open(log)?))?;
    let mut log = File::open(log)?;
    let mut file = File::open(path)?;
    for (number, offsets) in &pages.offsets {
        let position = u64::from(number - 1) * pages.size as u64;
        let Some(page) = read_at(&mut file, position, pages.size)? else {
            continue;
        };
        for offset in offsets {
            if read_at(&mut log, *offset, pages.size)?.as_ref() == Some(&page) {
                return Ok(false);
            }
        }
    }
    // A log without a commit changes nothing.
    Ok(!pages.offsets.is_empty())
}

#[cfg(unix)]
fn changed_at(file: &Metadata) -> SystemTime {
    use std::os::unix::fs::MetadataExt;

    let seconds = u64::try_from(file.ctime()).unwrap_or_default();
    let nanoseconds = u32::try_from(file.ctime_nsec()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds)
}

#[cfg(not(unix))]
fn changed_at(file: &Metadata) -> SystemTime {
    file.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Where in a log the pages are that SQLite would apply.
#[derive(Default)]
struct Pages {
    size: usize,
    /// By the number of the page, which begins with 1.
    offsets: HashMap<u32, Vec<u64>>,
}

/// Reads a log up to its last commit, as SQLite does: a frame counts if it has the salts of the
/// header, and the checksum of everything before it.
fn committed_pages(mut log: impl Read) -> io::Result<Pages> {
    let mut header = [0; HEADER_LENGTH];
    log.read_exact(&mut header)?;
    let word = |bytes: &[u8], at: usize| {
        let word = bytes[at..].first_chunk().copied().unwrap_or_default();
        u32::from_be_bytes(word)
    };
    let is_big_endian = match word(&header, 0) {
        0x377f_0682 => false,
        0x377f_0683 => true,
        _ => return Ok(Pages::default()),
    };
    let mut pages = Pages {
        size: word(&header, 8) as usize,
        ..Pages::default()
    };
    let mut sum = Checksum::of(is_big_endian, &header[..24]);
    if !sum.is(&header[24..]) || !(512..=65536).contains(&pages.size) {
        return Ok(pages);
    }
    let mut frame = vec![0; FRAME_HEADER_LENGTH + pages.size];
    let mut offset = HEADER_LENGTH as u64;
    let mut uncommitted = Vec::new();
    while log.read_exact(&mut frame).is_ok() {
        sum.add(&frame[..8]);
        sum.add(&frame[FRAME_HEADER_LENGTH..]);
        if frame[8..16] != header[16..24] || !sum.is(&frame[16..24]) || word(&frame, 0) == 0 {
            break;
        }
        uncommitted.push((word(&frame, 0), offset + FRAME_HEADER_LENGTH as u64));
        offset += frame.len() as u64;
        // The size of the database is only in the frame that ends a transaction.
        if word(&frame, 4) != 0 {
            for (number, at) in uncommitted.drain(..) {
                pages.offsets.entry(number).or_default().push(at);
            }
        }
    }
    Ok(pages)
}

/// The checksum of a log: <https://www.sqlite.org/fileformat2.html#checksum_algorithm>.
struct Checksum {
    is_big_endian: bool,
    sums: [u32; 2],
}

impl Checksum {
    fn of(is_big_endian: bool, bytes: &[u8]) -> Self {
        let mut checksum = Self {
            is_big_endian,
            sums: [0; 2],
        };
        checksum.add(bytes);
        checksum
    }

    fn add(&mut self, bytes: &[u8]) {
        let (words, _) = bytes.as_chunks::<4>();
        for pair in words.chunks_exact(2) {
            let [first, second] = [pair[0], pair[1]].map(|word| {
                if self.is_big_endian {
                    u32::from_be_bytes(word)
                } else {
                    u32::from_le_bytes(word)
                }
            });
            let [a, b] = &mut self.sums;
            *a = a.wrapping_add(first).wrapping_add(*b);
            *b = b.wrapping_add(second).wrapping_add(*a);
        }
    }

    fn is(&self, stored: &[u8]) -> bool {
        self.sums.map(u32::to_be_bytes).as_flattened() == stored
    }
}

/// The bytes at a position, if the file has so many.
fn read_at(file: &mut File, position: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
    file.seek(SeekFrom::Start(position))?;
    let mut bytes = vec![0; length];
    match file.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        result => result.map(|()| Some(bytes)),
    }
}
