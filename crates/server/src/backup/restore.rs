//! Puts a backup in the place of the database.

use std::{
    fs::{self, File, OpenOptions},
    io, mem,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ::backup::Key;
use chrono::{DateTime, Utc};
use sea_orm::sqlx::{
    self, ConnectOptions, Connection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tracing::error;

use super::{
    BackupError,
    private_file::sync_folder,
    snapshot::{CORRUPT, NOT_A_DATABASE, primary_code},
    verify::{Verified, decrypt},
};
use crate::database::{
    has_log_of_another,
    paths::{beside, folder_of, log_of, resolve},
};

/// The primary result code of SQLite for a file that others have open.
const BUSY: u32 = 5;

/// What was restored.
pub struct Restored {
    /// What the check of the backup found.
    pub verified: Verified,
    /// What remained of the logs of the former database.
    pub set_aside: Vec<SetAside>,
}

/// A log that has another name now.
pub struct SetAside {
    /// What it is.
    pub what: &'static str,
    /// Where it is now.
    pub path: PathBuf,
}

/// Puts a backup in the place of `database`, which nobody may use meanwhile. Whatever happens, there
/// is either the former database or the restored one, never a part.
///
/// # Errors
/// If the backup is not sound, the database is in use, or it exists and `force` is not given.
pub async fn restore(
    backup: &Path,
    database: &Path,
    key: &Arc<Key>,
    force: bool,
    now: DateTime<Utc>,
) -> Result<Restored, BackupError> {
    let database = &resolve(database).map_err(BackupError::file("find", database))?;
    let lock_if_allowed = || {
        if database.exists() && !force {
            return Err(BackupError::WouldReplace {
                path: database.to_owned(),
            });
        }
        lock(database)
    };
    drop(lock_if_allowed()?);
    let (verified, copy) = decrypt(backup, database, key).await?;
    // What needs room or rights is done before anything of the former database is touched.
    take_owner(&copy, database)
        .and_then(|()| copy.sync_all())
        .map_err(BackupError::file("replace", database))?;
    apply_logs(database).await?;
    // Held until the end, so that nobody opens the former file in between.
    let former = lock_if_allowed()?;
    let logs = LogsAside::set(database, now)?;
    copy.finish(database)
        .map_err(BackupError::file("replace", database))?;
    drop(former);
    Ok(Restored {
        verified,
        set_aside: logs.keep(),
    })
}

/// The logs of a database that is being replaced, under other names: beside the restored one, they
/// would change pages of another file. They get their names back if this is dropped.
struct LogsAside(Vec<(PathBuf, SetAside)>);

impl LogsAside {
    /// Gives the logs other names, and removes their index, which nobody uses.
    fn set(database: &Path, now: DateTime<Utc>) -> Result<Self, BackupError> {
        let mut logs = Self(Vec::new());
        for (what, log) in logs_of(database) {
            if log.exists() {
                let path = beside(&log, &now.format(".%Y%m%dT%H%M%SZ").to_string());
                fs::rename(&log, &path).map_err(BackupError::file("rename", &log))?;
                logs.0.push((log, SetAside { what, path }));
            }
        }
        let index = beside(database, "-shm");
        match fs::remove_file(&index) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::file("delete", &index)(error));
            }
            _ => {}
        }
        // If the power fails from here on, no log is beside the restored database.
        sync_folder(database).map_err(BackupError::file("rename the logs of", database))?;
        Ok(logs)
    }

    fn keep(mut self) -> Vec<SetAside> {
        let kept = mem::take(&mut self.0);
        kept.into_iter().map(|(_, log)| log).collect()
    }
}

impl Drop for LogsAside {
    fn drop(&mut self) {
        for (name, log) in &self.0 {
            if let Err(error) = fs::rename(&log.path, name) {
                let (path, name) = (log.path.display(), name.display());
                error!(%error, "cannot rename {path} to {name} again");
            }
        }
    }
}

/// The files in which SQLite may have changes that are not in the database, and what they are.
fn logs_of(database: &Path) -> [(&'static str, PathBuf); 2] {
    [
        ("write-ahead log", log_of(database)),
        ("rollback journal", beside(database, "-journal")),
    ]
}

/// Applies its logs to a database that is about to be replaced, so that it stays whole until the very
/// end. What is damaged, or belongs to another file, cannot be applied and is left where it is.
async fn apply_logs(database: &Path) -> Result<(), BackupError> {
    let has_logs = logs_of(database).iter().any(|(_, path)| path.exists());
    if !has_logs || !database.exists() || has_log_of_another(database) {
        return Ok(());
    }
    let path = database.to_owned();
    match try_apply_logs(database).await {
        Err(error) => match primary_code(&error) {
            Some(BUSY) => Err(BackupError::InUse { path }),
            Some(CORRUPT | NOT_A_DATABASE) => Ok(()),
            _ => Err(BackupError::FormerLogs {
                path,
                source: error,
            }),
        },
        Ok(()) => Ok(()),
    }
}

/// Applies the logs, which removes them: reading rolls a journal back, and leaving the mode of the
/// write-ahead log writes that log into the database.
async fn try_apply_logs(database: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .busy_timeout(Duration::ZERO)
        .journal_mode(SqliteJournalMode::Delete)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    let read = sqlx::query("SELECT count(*) FROM sqlite_schema")
        .execute(&mut connection)
        .await;
    connection.close().await?;
    read.map(drop)
}

/// Locks a database as SQLite does when it needs the file for itself. Every connection of a server
/// holds a lock that is in the way.
fn lock(database: &Path) -> Result<Option<File>, BackupError> {
    let file = match OpenOptions::new().read(true).write(true).open(database) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(BackupError::file("open", database))?,
    };
    #[cfg(unix)]
    rustix::fs::fcntl_lock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(
        |_| BackupError::InUse {
            path: database.to_owned(),
        },
    )?;
    Ok(Some(file))
}

/// Gives the new file the owner and the permissions of the former one, or else the owner of the
/// folder: an operator often restores as another user than the server.
#[cfg(unix)]
fn take_owner(copy: &File, database: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let former = match fs::metadata(database) {
        Ok(former) => {
            copy.set_permissions(former.permissions())?;
            former
        }
        Err(_) => fs::metadata(folder_of(database))?,
    };
    let new = copy.metadata()?;
    if (new.uid(), new.gid()) == (former.uid(), former.gid()) {
        return Ok(());
    }
    match fchown(copy, Some(former.uid()), Some(former.gid())) {
        // Only the superuser may give files away. Whoever else restores keeps the file.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        result => result,
    }
}

#[cfg(not(unix))]
fn take_owner(_: &File, database: &Path) -> io::Result<()> {
    fs::metadata(folder_of(database)).map(drop)
}
