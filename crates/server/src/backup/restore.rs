//! Puts a backup in the place of the database.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
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

use super::{
    BackupError,
    private_file::folder_of,
    resolve::resolve,
    snapshot::primary_code,
    verify::{Verified, decrypt},
};
use crate::database::{has_log_of_another, log_of};

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
    let database = &resolve(database)?;
    if database.exists() {
        if !force {
            return Err(BackupError::WouldReplace {
                path: database.to_owned(),
            });
        }
        drop(lock(database)?);
    }
    let (verified, copy) = decrypt(backup, database, key).await?;
    let set_aside = end_logs(database, now).await?;
    let put_in_place = || {
        take_owner(&copy, database)?;
        // Held until the end, so that nobody opens the former file in between.
        let former = lock(database);
        if let Err(BackupError::InUse { .. }) = former {
            return Ok(false);
        }
        copy.finish(database)?;
        Ok(true)
    };
    if !put_in_place().map_err(BackupError::file("replace", database))? {
        return Err(BackupError::InUse {
            path: database.to_owned(),
        });
    }
    Ok(Restored {
        verified,
        set_aside,
    })
}

/// Ends the logs of a database that is about to be replaced. Beside the restored one, they would
/// change pages of another file. They are applied to the former database first, which so stays
/// whole until the very end; what remains of them gets another name.
async fn end_logs(database: &Path, now: DateTime<Utc>) -> Result<Vec<SetAside>, BackupError> {
    let logs = [
        ("write-ahead log", log_of(database)),
        ("rollback journal", beside(database, "-journal")),
    ];
    // What is damaged is replaced anyway.
    if logs.iter().any(|(_, path)| path.exists())
        && database.exists()
        && !has_log_of_another(database)
        && let Err(error) = apply_logs(database).await
        && primary_code(&error) == Some(BUSY)
    {
        return Err(BackupError::InUse {
            path: database.to_owned(),
        });
    }
    let mut set_aside = Vec::new();
    for (what, log) in logs {
        if log.exists() {
            let path = beside(&log, &now.format(".%Y%m%dT%H%M%SZ").to_string());
            fs::rename(&log, &path).map_err(BackupError::file("rename", &log))?;
            set_aside.push(SetAside { what, path });
        }
    }
    let index = beside(database, "-shm");
    match fs::remove_file(&index) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(BackupError::file("delete", &index)(error))
        }
        _ => Ok(set_aside),
    }
}

/// The file whose name is that of another one and an ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Applies the logs to the database, which removes them: reading rolls a journal back, and leaving
/// the mode of the write-ahead log writes that log into the database.
async fn apply_logs(database: &Path) -> Result<(), sqlx::Error> {
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
