//! The unfinished files of this process, which are removed when it ends early.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::database::paths::beside;

/// The files of this process.
static UNFINISHED: Mutex<Unfinished> = Mutex::new(Unfinished {
    paths: Vec::new(),
    is_ended: false,
});

struct Unfinished {
    paths: Vec<PathBuf>,
    /// Whether no further files may be created.
    is_ended: bool,
}

/// Removes the unfinished files of this process when it is dropped, and prevents further ones. A
/// thread may still work on them: what it writes disappears with the process.
#[derive(Debug, Default)]
pub struct RemovedAtEnd(());

impl Drop for RemovedAtEnd {
    fn drop(&mut self) {
        let mut unfinished = unfinished();
        unfinished.is_ended = true;
        for path in unfinished.paths.drain(..) {
            remove(&path);
        }
    }
}

/// Creates a file that is in the list from its beginning.
pub fn create<T>(path: &Path, create: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let mut unfinished = unfinished();
    if unfinished.is_ended {
        return Err(io::Error::other("the process is about to end"));
    }
    let created = create()?;
    unfinished.paths.push(path.to_owned());
    Ok(created)
}

/// Takes a file from the list that has its final name, or was removed.
pub fn forget(path: &Path) {
    unfinished().paths.retain(|it| it != path);
}

/// Removes an unfinished file, and the journal that SQLite may have beside it. What cannot be removed
/// now is removed with the leftovers.
pub fn remove(path: &Path) {
    let _ = fs::remove_file(beside(path, "-journal"));
    let _ = fs::remove_file(path);
}

fn unfinished() -> MutexGuard<'static, Unfinished> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}
