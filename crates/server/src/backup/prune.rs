//! Deletes old backups.

use std::{fs, path::Path, sync::Arc, time::Duration};

use ::backup::Key;
use chrono::{DateTime, Utc};

use super::{BackupError, BackupFile, BackupFolder, verify};

/// Deletes the backups that are older than `keep`, and returns them, but not the newest of these: until
/// it, there would be no way back as far as `keep`. The latest one that can be restored is never deleted
/// either, however old it is, and nothing is if none can.
///
/// # Errors
/// If none can be restored, a file cannot be deleted, or a backup cannot be checked now: it may be
/// the latest one that can be restored.
pub async fn prune(
    folder: &BackupFolder,
    database: &Path,
    key: &Arc<Key>,
    keep: Duration,
    now: DateTime<Utc>,
) -> Result<Vec<BackupFile>, BackupError> {
    let files = folder.list()?;
    let is_old = |file: &BackupFile| (now - file.taken_at).to_std().is_ok_and(|age| age > keep);
    let Some(newest_old) = files.iter().rfind(|file| is_old(file)).cloned() else {
        return Ok(Vec::new());
    };
    // Those of the future last: the others were taken under a better clock.
    let (future, past): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.is_of_future(now));
    let mut latest_good = None;
    for file in past.into_iter().rev().chain(future.into_iter().rev()) {
        match verify(&file.path, database, key).await {
            Ok(_) => {
                latest_good = Some(file.clone());
                break;
            }
            Err(error) if error.is_of_backup() => {}
            Err(error) => {
                return Err(BackupError::NotPruned {
                    path: file.path.clone(),
                    source: Box::new(error),
                });
            }
        }
    }
    let Some(latest_good) = latest_good else {
        return Err(BackupError::NoneGood {
            path: folder.path().to_owned(),
        });
    };
    let mut deleted = Vec::new();
    for file in files {
        if is_old(&file) && file != newest_old && file != latest_good {
            fs::remove_file(&file.path).map_err(BackupError::file("delete", &file.path))?;
            deleted.push(file);
        }
    }
    Ok(deleted)
}
