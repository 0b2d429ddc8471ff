//! Puts a backup in the place of the database.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ::backup::{Description, Key};
use chrono::{DateTime, Utc};
use sea_orm::sqlx::{
    self, ConnectOptions, Connection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

use super::{
    BackupError,
    private_file::folder_of,
    verify::{Verified, decrypt},
};
use crate::database::{has_log_of_another, log_of};

/// What was restored.
pub struct Restored {
    /// What the backup says about itself.
    pub description: Description,
    /// The write-ahead log of the former database, if it could not be written into it.
    pub set_aside: Option<PathBuf>,
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
    if database.exists() {
        if !force {
            return Err(BackupError::WouldReplace {
                path: database.to_owned(),
            });
        }
        drop(lock(database)?);
    }
    let Verified { description, copy } = decrypt(backup, database, key).await?;
    let set_aside = end_log(database, now).await?;
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
        description,
        set_aside,
    })
}

/// Ends the write-ahead log of a database that is about to be replaced. Beside the restored one, it
/// would change pages of another file. It is written into the former database first, which so stays
/// whole until the very end; if that is not possible, it gets another name.
async fn end_log(database: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, BackupError> {
    let log = log_of(database);
    // What is damaged is replaced anyway.
    if log.exists()
        && database.exists()
        && !has_log_of_another(database)
        && let Err(error) = leave_log(database).await
        && is_busy(&error)
    {
        return Err(BackupError::InUse {
            path: database.to_owned(),
        });
    }
    let mut set_aside = None;
    if log.exists() {
        let mut name = OsString::from(&log);
        name.push(now.format(".%Y%m%dT%H%M%SZ").to_string());
        let aside = PathBuf::from(name);
        fs::rename(&log, &aside).map_err(BackupError::file("rename", &log))?;
        set_aside = Some(aside);
    }
    let mut index = OsString::from(database);
    index.push("-shm");
    match fs::remove_file(&index) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(BackupError::file("delete", Path::new(&index))(error))
        }
        _ => Ok(set_aside),
    }
}

/// Writes the log into the database and removes it.
async fn leave_log(database: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .busy_timeout(Duration::ZERO)
        .journal_mode(SqliteJournalMode::Delete)
        .disable_statement_logging();
    options.connect().await?.close().await
}

/// The primary result code of SQLite for a file that others have open.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
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
