//! Checks that a backup can be restored, by doing almost that.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, Write},
    path::Path,
    sync::Arc,
};

use ::backup::{BackupReader, Description, Key};

use super::{
    BackupError, apart,
    private_file::{PrivateFile, remove_leftovers},
    snapshot::{Checked, check},
};
use crate::database::paths::{folder_of, resolve};

/// How many bytes are decrypted at once.
const BUFFER_LENGTH: usize = 64 * 1024;

/// A backup that can be restored.
pub struct Verified {
    /// What it says about itself, which was authenticated.
    pub description: Description,
    /// What is wrong with the references in its database, which does not prevent that it is restored.
    pub warning: Option<String>,
}

/// Checks a backup: all of it is decrypted and authenticated, and SQLite checks the database in it.
/// Until that is done, the database is in a file beside `database`.
///
/// # Errors
/// If the backup cannot be restored, or cannot be checked now.
pub async fn verify(
    backup: &Path,
    database: &Path,
    key: &Arc<Key>,
) -> Result<Verified, BackupError> {
    let database = resolve(database).map_err(BackupError::file("find", database))?;
    let (verified, _) = decrypt(backup, &database, key).await?;
    Ok(verified)
}

/// Decrypts a backup into a file beside `database`, and checks the database in it.
pub async fn decrypt(
    backup: &Path,
    database: &Path,
    key: &Arc<Key>,
) -> Result<(Verified, PrivateFile), BackupError> {
    let folder = folder_of(database);
    let (description, copy) = {
        let (backup, folder) = (backup.to_owned(), folder.to_owned());
        let key = Arc::clone(key);
        apart(move || {
            let create = || {
                remove_leftovers(&folder)?;
                PrivateFile::create(&folder)
            };
            let copy = create().map_err(BackupError::not_written(&folder))?;
            let description = copy_out(&backup, &copy, &folder, &key)?;
            Ok((description, copy))
        })
        .await?
    };
    let checked = check(copy.path()).await;
    match checked.map_err(BackupError::not_checked(folder))? {
        Checked::Sound { warning } => Ok((
            Verified {
                description,
                warning,
            },
            copy,
        )),
        Checked::Damaged(problem) => Err(BackupError::Damaged {
            path: backup.to_owned(),
            problem,
        }),
    }
}

/// Decrypts a backup into a file in a folder. An error says which of the two is its cause.
fn copy_out(
    backup: &Path,
    mut copy: &File,
    folder: &Path,
    key: &Key,
) -> Result<Description, BackupError> {
    let unreadable = |source| BackupError::Unreadable {
        path: backup.to_owned(),
        source,
    };
    let input = BufReader::new(File::open(backup).map_err(unreadable)?);
    let (description, mut reader) = BackupReader::new(input, key).map_err(unreadable)?;
    let mut buffer = vec![0; BUFFER_LENGTH];
    loop {
        let length = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        copy.write_all(&buffer[..length])
            .map_err(BackupError::not_written(folder))?;
    }
    copy.rewind().map_err(BackupError::not_written(folder))?;
    Ok(description)
}
