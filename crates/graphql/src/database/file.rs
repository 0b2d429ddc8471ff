//! Whether the SQLite file that is open is still the one at its path.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use sea_orm::{DbErr, RuntimeErr, sqlx};
use tracing::{error, info};

/// A SQLite file with its write-ahead log, as they were opened.
///
/// An open file can be deleted, moved or replaced, and SQLite does not notice: it goes on writing to a
/// file that nobody will find. So each transaction that writes is checked before it is acknowledged,
/// by comparing two pairs of numbers that the file system has at hand.
#[derive(Debug)]
pub struct DatabaseFile {
    path: PathBuf,
    log: PathBuf,
    /// The files that are open. They are known when the first connection has been opened. The log is
    /// never another one afterwards, because the last connection to a file, whose end deletes the log,
    /// is open as long as the server runs.
    opened: OnceLock<Identity>,
    opened_log: OnceLock<Identity>,
    is_lost: AtomicBool,
}

/// What tells files apart: the device and the number of the file on it.
type Identity = (u64, u64);

impl DatabaseFile {
    /// The file that will be opened at this path.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        let mut log = OsString::from(path);
        log.push("-wal");
        Self {
            path: path.to_owned(),
            log: log.into(),
            opened: OnceLock::new(),
            opened_log: OnceLock::new(),
            is_lost: AtomicBool::new(false),
        }
    }

    /// Looks whether the files are in their places, and remembers it. The first time, takes note of
    /// which they are.
    pub fn check(&self) -> bool {
        let is_lost = !(is_same(&self.path, &self.opened) && is_same(&self.log, &self.opened_log));
        let was_lost = self.is_lost.swap(is_lost, Ordering::AcqRel);
        let path = self.path.display();
        if is_lost && !was_lost {
            error!(
                "the database {path} was moved, deleted or replaced while it was open: nothing is \
                 read or written until it is put back or mina is restarted"
            );
        } else if was_lost && !is_lost {
            info!("the database {path} is in its place again");
        }
        !is_lost
    }

    /// Whether the files were not in their places when they were checked last.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }
}

/// Fails if the file, if there is one, is known to be lost.
pub(super) fn require_in_place(file: Option<&Arc<DatabaseFile>>) -> Result<(), DbErr> {
    match file {
        Some(file) if file.is_lost() => Err(lost()),
        _ => Ok(()),
    }
}

/// Checks the file, if there is one, and fails if it is lost.
pub(super) fn check_in_place(file: Option<&Arc<DatabaseFile>>) -> Result<(), DbErr> {
    match file {
        Some(file) if !file.check() => Err(lost()),
        _ => Ok(()),
    }
}

/// Whether there is the same file at a path as the first time, when there was one.
fn is_same(path: &Path, opened: &OnceLock<Identity>) -> bool {
    match identity(path) {
        Ok(now) => *opened.get_or_init(|| now) == now,
        Err(error) if error.kind() == io::ErrorKind::NotFound => opened.get().is_none(),
        // The file system may answer again.
        Err(_) => true,
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;

    let file = path.metadata()?;
    Ok((file.dev(), file.ino()))
}

/// Elsewhere, an open file cannot be moved.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    path.metadata().map(|_| (0, 0))
}

fn lost() -> DbErr {
    let message = "the database file was moved, deleted or replaced";
    let error = io::Error::new(io::ErrorKind::NotFound, message);
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Io(error))))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use super::*;
    use crate::error::failure::Failure;

    #[test]
    fn a_file_is_lost_until_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let (path, log) = (folder.path().join("a"), folder.path().join("a-wal"));
        let elsewhere = folder.path().join("b");
        let file = DatabaseFile::new(&path);
        assert!(file.check(), "it is not opened yet");
        for name in [&path, &log] {
            fs::write(name, "").unwrap();
        }
        assert!(file.check());
        for name in [&path, &log] {
            fs::rename(name, &elsewhere).unwrap();
            assert!(!file.check());
            fs::write(name, "").unwrap();
            assert!(!file.check(), "it is another file");
            assert!(file.is_lost());
            fs::rename(&elsewhere, name).unwrap();
            assert!(file.check());
            assert!(!file.is_lost());
        }
        assert_eq!(Failure::of(&lost()), Failure::Unreachable);
    }
}
