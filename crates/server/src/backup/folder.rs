//! The folder with the backups of one database.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use ::backup::Description;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{
    BackupError,
    private_file::{PrivateFile, remove_leftovers},
};
use crate::config::BackupFolderSettings;

/// The form of the names, which are in the order of the times.
const NAME: &str = "mina-%Y%m%dT%H%M%S%.3fZ.minabackup";

/// How much later than now the time of a backup may be. Clocks differ by so much, but not by more.
const TOLERANCE: TimeDelta = TimeDelta::minutes(1);

/// A folder with backups.
#[derive(Clone, Debug)]
pub struct BackupFolder(PathBuf);

/// A file in it whose name is that of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFile {
    /// Where it is.
    pub path: PathBuf,
    /// The time in its name.
    pub taken_at: DateTime<Utc>,
    /// Its size in bytes.
    pub bytes: u64,
}

impl BackupFolder {
    /// The folder in the settings.
    ///
    /// # Errors
    /// If it is not set, or does not exist: an empty one could hide that a disk is not mounted.
    pub fn open(settings: &BackupFolderSettings) -> Result<Self, BackupError> {
        let path = settings.backup_dir.clone().ok_or(BackupError::NoFolder)?;
        if path.is_dir() {
            Ok(Self(path))
        } else {
            Err(BackupError::MissingFolder { path })
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Its backups, the oldest first.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn list(&self) -> Result<Vec<BackupFile>, BackupError> {
        let mut files = self
            .try_list()
            .map_err(BackupError::file("list", &self.0))?;
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(files)
    }

    fn try_list(&self) -> io::Result<Vec<BackupFile>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let name = entry.file_name();
            let time = name
                .to_str()
                .and_then(|name| NaiveDateTime::parse_from_str(name, NAME).ok());
            if let Some(time) = time {
                files.push(BackupFile {
                    path: entry.path(),
                    taken_at: time.and_utc(),
                    bytes: entry.metadata()?.len(),
                });
            }
        }
        Ok(files)
    }

    /// The latest backup that was not taken in the future, if there is one.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn latest_until(&self, now: DateTime<Utc>) -> Result<Option<BackupFile>, BackupError> {
        let mut files = self.list()?.into_iter();
        Ok(files.rfind(|file| !file.is_of_future(now)))
    }

    /// The latest backup. One of the future counts only if there are no others: then it is the clock
    /// of this machine that is wrong.
    ///
    /// # Errors
    /// If there is none, or the folder cannot be read.
    pub fn latest(&self, now: DateTime<Utc>) -> Result<BackupFile, BackupError> {
        let latest = match self.latest_until(now)? {
            Some(file) => Some(file),
            None => self.list()?.pop(),
        };
        latest.ok_or_else(|| BackupError::NoBackup {
            path: self.0.clone(),
        })
    }

    /// The backup that somebody means: the latest one, a name in this folder, or a path.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(&self, named: Option<&Path>, now: DateTime<Utc>) -> Result<PathBuf, BackupError> {
        let Some(named) = named else {
            return Ok(self.latest(now)?.path);
        };
        let inside = self.0.join(named);
        Ok(if inside.exists() {
            inside
        } else {
            named.to_owned()
        })
    }

    /// Adds a backup, which appears only when it is whole.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(
        &self,
        taken_at: DateTime<Utc>,
        write: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<BackupFile, BackupError> {
        let path = self.0.join(taken_at.format(NAME).to_string());
        let add = || {
            remove_leftovers(&self.0)?;
            let file = PrivateFile::create(&self.0)?;
            write(&file)?;
            let bytes = file.metadata()?.len();
            file.finish(&path)?;
            Ok(bytes)
        };
        let bytes = add().map_err(BackupError::file("write", &path))?;
        Ok(BackupFile {
            path,
            taken_at,
            bytes,
        })
    }
}

impl BackupFile {
    /// Whether it was taken in the future: under a clock that was wrong, then or now.
    pub fn is_of_future(&self, now: DateTime<Utc>) -> bool {
        self.taken_at > now + TOLERANCE
    }

    /// What its header says, which is not checked without the key.
    ///
    /// # Errors
    /// If it is no backup.
    pub fn description(&self) -> io::Result<Description> {
        ::backup::describe(File::open(&self.path)?)
    }

    /// Its name.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_are_listed_by_their_time_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let folder = BackupFolder(directory.path().to_owned());
        let time = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        assert!(folder.latest(time).is_err());
        for other in ["mina.db", "mina-20260101T000000.000Z.minabackup.part", ".x"] {
            fs::write(directory.path().join(other), "").unwrap();
        }
        for days in [0, -1, 1] {
            folder
                .add(time + TimeDelta::days(days), |_| Ok(()))
                .unwrap();
        }
        let times: Vec<_> = folder
            .list()
            .unwrap()
            .iter()
            .map(|it| it.taken_at)
            .collect();
        let day = TimeDelta::days(1);
        assert_eq!(times, [time - day, time, time + day]);
        let latest = |now| folder.latest(now).unwrap().taken_at;
        assert_eq!(latest(time + day * 2), time + day);
        assert_eq!(latest(time), time, "later ones are of the future");
        assert_eq!(latest(time - day * 2), time + day, "all are of the future");
        assert_eq!(folder.latest_until(time - day * 2).unwrap(), None);
        let failed = folder.add(time + day * 2, |_| Err(io::ErrorKind::StorageFull.into()));
        assert!(failed.is_err());
        assert_eq!(folder.list().unwrap().len(), 3);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 6);
    }
}
