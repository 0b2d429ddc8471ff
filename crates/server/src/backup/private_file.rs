//! Files that only their owner can read, and that disappear if they are not finished.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    ops::Deref,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::unfinished;
use crate::database::paths::folder_of;

/// What the names of these files end with.
const ENDING: &str = ".mina-unfinished";

/// A file that is not finished. It is removed when this is dropped, or a signal ends the process. If
/// the process is killed before, [`remove_leftovers`] removes it: as long as a process works on it,
/// that process holds its lock.
#[derive(Debug)]
pub struct PrivateFile {
    file: File,
    /// None when it was given its final name, or removed.
    path: Option<PathBuf>,
}

impl PrivateFile {
    /// Creates an empty file in a folder.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let path = folder.join(format!(".{}{ENDING}", Uuid::new_v4().simple()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = unfinished::create(&path, || options.open(&path))?;
        let file = Self {
            file,
            path: Some(path),
        };
        // Nobody else knows the name, except who removes leftovers right now.
        file.lock()?;
        Ok(file)
    }

    /// Where it is, for what needs a path.
    pub fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    /// Makes it permanent, with the name `target`, which it replaces: whatever happens, there is
    /// either what was there before or the whole new file.
    pub fn finish(mut self, target: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(self.path(), target)?;
        if let Some(path) = self.path.take() {
            unfinished::forget(&path);
        }
        sync_folder(target)
    }

    /// Removes its name. What is in it can be read as long as this is not dropped.
    pub fn unlink(self) -> io::Result<File> {
        fs::remove_file(self.path())?;
        self.file.try_clone()
    }
}

impl Deref for PrivateFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            unfinished::remove(path);
            unfinished::forget(path);
        }
    }
}

/// Makes the names in the folder of a file permanent.
pub fn sync_folder(of: &Path) -> io::Result<()> {
    File::open(folder_of(of))?.sync_all()
}

/// Removes what killed processes have left in a folder.
pub fn remove_leftovers(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(unfinished) = unfinished(&path)
            && is_left_over(&unfinished)?
        {
            remove_if_there(&path)?;
        }
    }
    Ok(())
}

/// The unfinished file that a file is, or that SQLite has a journal beside.
fn unfinished(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let name = name.strip_suffix("-journal").unwrap_or(name);
    name.ends_with(ENDING).then(|| path.with_file_name(name))
}

/// Whether no process works on a file any more. What belongs to another user may be in use.
fn is_left_over(path: &Path) -> io::Result<bool> {
    use io::ErrorKind::{NotFound, PermissionDenied};

    let file = match File::open(path) {
        Err(error) if error.kind() == PermissionDenied => return Ok(false),
        // Another process may have finished it in between. A journal is then left over.
        Err(error) if error.kind() == NotFound => return Ok(true),
        file => file?,
    };
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes a file. In a folder such as `/tmp`, only its owner can.
fn remove_if_there(path: &Path) -> io::Result<()> {
    use io::ErrorKind::{NotFound, PermissionDenied};

    match fs::remove_file(path) {
        Err(error) if matches!(error.kind(), NotFound | PermissionDenied) => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn only_what_nobody_works_on_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = PrivateFile::create(folder.path()).unwrap();
        let journal = format!("{}-journal", file.path().display());
        fs::write(journal, "").unwrap();
        remove_leftovers(folder.path()).unwrap();
        assert_eq!(names(folder.path()), 2);
        // As after a kill, the file stays and the lock does not.
        let path = file.path().to_owned();
        drop(file);
        assert_eq!(names(folder.path()), 0);
        fs::write(path, "plain text").unwrap();
        fs::write(folder.path().join("mina.db"), "").unwrap();
        remove_leftovers(folder.path()).unwrap();
        assert_eq!(names(folder.path()), 1);
    }

    #[test]
    fn a_file_has_its_name_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("backup");
        drop(PrivateFile::create(folder.path()).unwrap());
        assert_eq!(names(folder.path()), 0);
        let file = PrivateFile::create(folder.path()).unwrap();
        file.finish(&target).unwrap();
        assert!(target.exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&target).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
