//! Why a backup cannot be taken, checked or put back.

use std::{
    io,
    path::{Path, PathBuf},
};

use sea_orm::sqlx;

use crate::command_error::CommandError;

/// Why a backup cannot be taken, checked or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is PostgreSQL.
    #[error("`mina backup` is for SQLite; PostgreSQL is backed up by pgBackRest")]
    Postgres,
    /// The folder with the backups is not set.
    #[error("backup_dir is not set, so it is not known where backups are")]
    NoFolder,
    /// The folder with the backups does not exist.
    #[error("the folder {} for backups does not exist", path.display())]
    MissingFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder has no backup.
    #[error("there is no backup in {}", path.display())]
    NoBackup {
        /// The folder.
        path: PathBuf,
    },
    /// Neither a key file nor a passphrase is set.
    #[error("neither backup_key_file nor backup_passphrase_file is set")]
    NoKey,
    /// Both are set.
    #[error("backup_key_file and backup_passphrase_file are both set; remove one of them")]
    TwoKeys,
    /// The key file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    UnreadableKey {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key file has no key.
    #[error("{} has no key: {source}", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// Why.
        source: backup::KeyError,
    },
    /// A new key would replace one.
    #[error("{} exists; a key that was in use is not replaced", path.display())]
    KeyExists {
        /// The file.
        path: PathBuf,
    },
    /// There is no database.
    #[error("there is no database at {}", path.display())]
    NoDatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database cannot be copied.
    #[error("cannot copy {}: {source}", path.display())]
    Copy {
        /// The database.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// A file cannot be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The decrypted database cannot be written, so nothing is known about the backup.
    #[error("cannot write a copy of the database into {}: {source}", folder.display())]
    NotWritten {
        /// The folder of the database.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The decrypted database cannot be checked, so nothing is known about the backup.
    #[error("cannot check the copy of the database in {}: {source}", folder.display())]
    NotChecked {
        /// The folder of the database.
        folder: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// It is not known which backup is the latest that can be restored, so none is deleted.
    #[error("cannot check {}, so nothing was deleted: {source}", path.display())]
    NotPruned {
        /// The backup.
        path: PathBuf,
        /// Why.
        source: Box<BackupError>,
    },
    /// A backup cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The backup.
        path: PathBuf,
        /// Why: a problem of its format, or of the disk.
        source: io::Error,
    },
    /// What a backup has is not a sound database.
    #[error("{}: the database in it is damaged: {problem}", path.display())]
    Damaged {
        /// The backup.
        path: PathBuf,
        /// What SQLite finds first.
        problem: String,
    },
    /// Some of several backups cannot be restored.
    #[error("{bad} of {all} backups cannot be restored")]
    SomeBad {
        /// How many cannot.
        bad: usize,
        /// How many there are.
        all: usize,
    },
    /// No backup can be restored, so none is deleted.
    #[error("none of the backups in {} can be restored, so none was deleted", path.display())]
    NoneGood {
        /// The folder.
        path: PathBuf,
    },
    /// There is a database where one would be restored.
    #[error("{} exists, and would be replaced", path.display())]
    WouldReplace {
        /// The database.
        path: PathBuf,
    },
    /// Another program has the database open.
    #[error("{} is in use by another program", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The last changes of the former database cannot be brought into its file.
    #[error("cannot apply the log of {}, so it was not replaced: {source}", path.display())]
    FormerLogs {
        /// The former database.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// The file of the server is not the one that it has opened.
    #[error("{} was moved, deleted or replaced while it was open", path.display())]
    Moved {
        /// The file.
        path: PathBuf,
    },
    /// No thread can be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// The work ended without a result.
    #[error("the backup failed because of a bug in mina")]
    Panicked,
    /// Signals cannot be received.
    #[error("cannot receive signals: {0}")]
    Signals(io::Error),
    /// A signal ended the command.
    #[error("interrupted")]
    Interrupted,
}

impl BackupError {
    /// An error of a file.
    pub fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }

    /// An error of writing the decrypted database.
    pub fn not_written(folder: &Path) -> impl FnOnce(io::Error) -> Self {
        let folder = folder.to_owned();
        move |source| Self::NotWritten { folder, source }
    }

    /// An error of checking the decrypted database.
    pub fn not_checked(folder: &Path) -> impl FnOnce(sqlx::Error) -> Self {
        let folder = folder.to_owned();
        move |source| Self::NotChecked { folder, source }
    }

    /// Whether the backup itself is bad. Everything else may pass, such as a full disk.
    pub fn is_of_backup(&self) -> bool {
        matches!(self, Self::Damaged { .. }) || self.problem().is_some()
    }

    /// Whether the cause is a key that does not belong to the backup.
    pub fn is_of_key(&self) -> bool {
        use backup::Problem::{NeedsKeyFile, NeedsPassphrase, WrongKey};
        matches!(
            self.problem(),
            Some(WrongKey | NeedsKeyFile | NeedsPassphrase)
        )
    }

    /// The problem of the format of a backup.
    fn problem(&self) -> Option<&backup::Problem> {
        match self {
            Self::Unreadable { source, .. } => source.get_ref()?.downcast_ref(),
            _ => None,
        }
    }
}

impl CommandError for BackupError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Postgres => "ops/postgres/ has the configuration and a script for each step",
            Self::NoFolder => "set it with --backup-dir or MINA_BACKUP_DIR",
            Self::MissingFolder { .. } => {
                "create it with `mkdir -m 700`, or mount the disk that it is on"
            }
            Self::NoBackup { .. } => "take one with `mina backup create`",
            Self::NoKey => {
                "make a key with `mina backup key --write FILE` and set MINA_BACKUP_KEY_FILE to its \
                 path"
            }
            Self::KeyExists { .. } => "choose another file: older backups need the old key",
            Self::NoDatabase { .. } => "choose the database with --database-url sqlite:PATH",
            Self::WouldReplace { .. } => {
                "replace it with --force, or restore to another place with --database-url \
                 sqlite:PATH"
            }
            Self::InUse { .. } => "stop the server first",
            Self::FormerLogs { .. } => {
                "make room for it, or move the database and the files beside it away"
            }
            Self::Moved { .. } => "put the file back, or restart the server",
            Self::Unreadable { .. } if self.is_of_key() => {
                "use the key that was set when the backup was taken; there is no other way into it"
            }
            _ if self.is_of_backup() => {
                "`mina backup verify --all` says which other backups can be restored"
            }
            Self::NotWritten { .. } => {
                "make room there, or choose a place on another disk with --database-url sqlite:PATH"
            }
            Self::NotPruned { source, .. } => return source.hint(),
            Self::NoneGood { .. } => "take one with `mina backup create`, with the key in use now",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_problem_of_the_format_or_damage_is_of_the_backup() {
        let unreadable = |source| BackupError::Unreadable {
            path: "x".into(),
            source,
        };
        let problem = backup::Problem::Truncated(3);
        assert!(unreadable(problem.into()).is_of_backup());
        assert!(unreadable(problem.into()).hint().is_some());
        for passing in [io::ErrorKind::StorageFull, io::ErrorKind::UnexpectedEof] {
            assert!(!unreadable(passing.into()).is_of_backup());
        }
        let full = io::ErrorKind::StorageFull.into();
        let error = BackupError::not_written(Path::new("data"))(full);
        assert!(!error.is_of_backup());
        assert!(error.hint().unwrap().contains("--database-url"));
    }
}
