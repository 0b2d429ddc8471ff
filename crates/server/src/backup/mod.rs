//! Backups of a SQLite database: taken while it is written to, kept in a folder, checked, and put
//! back. The format of the files is that of the crate `backup`.

mod error;
mod folder;
mod key;
mod private_file;
mod prune;
mod restore;
mod schedule;
mod snapshot;
mod status;
mod unfinished;
mod verify;

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::Path,
    sync::Arc,
    thread,
};

use ::backup::{BackupWriter, Description, Key};
use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use self::snapshot::Snapshot;
pub use self::{
    error::BackupError,
    folder::{BackupFile, BackupFolder},
    key::{read_key, write_key},
    prune::prune,
    restore::{Restored, restore},
    schedule::Schedule,
    status::{BackupHealth, BackupStatus, age},
    unfinished::RemovedAtEnd,
    verify::{Verified, verify},
};

/// Takes a backup of the database at `path`, also while it is written to.
///
/// # Errors
/// If the database cannot be read or the folder cannot be written to. Then no file appears there.
pub async fn create(
    path: &Path,
    folder: &BackupFolder,
    key: &Arc<Key>,
    now: DateTime<Utc>,
) -> Result<BackupFile, BackupError> {
    let snapshot = Snapshot::take(path).await?;
    let (folder, key) = (folder.clone(), Arc::clone(key));
    apart(move || {
        let description = Description {
            taken_at: now,
            mina_version: env!("CARGO_PKG_VERSION").to_owned(),
            schema_version: snapshot.schema_version.clone(),
            database_bytes: snapshot.bytes,
        };
        folder.add(now, |file| encrypt(&snapshot, file, &key, &description))
    })
    .await
}

/// Compresses and encrypts a snapshot into a file.
fn encrypt(
    snapshot: &Snapshot,
    output: &File,
    key: &Key,
    description: &Description,
) -> io::Result<()> {
    let mut input = BufReader::new(&snapshot.file);
    let output = BufWriter::new(output);
    let mut writer = BackupWriter::new(output, key, rand::random(), description)?;
    io::copy(&mut input, &mut writer)?;
    writer.finish()?.flush()
}

/// Runs long work on a thread of its own. The process can end without waiting for it, unlike for
/// blocking tasks of the runtime.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    let (sender, result) = oneshot::channel();
    thread::Builder::new()
        .name("backup".to_owned())
        .spawn(move || {
            // If nobody waits any more, the process is about to end.
            let _ = sender.send(work());
        })
        .map_err(BackupError::Thread)?;
    result.await.unwrap_or(Err(BackupError::Panicked))
}
