//! Checks that a backup can be restored, by doing almost that.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Seek},
    path::Path,
    sync::Arc,
};

use ::backup::{BackupReader, Description, Key};

use super::{
    BackupError, apart,
    private_file::{PrivateFile, folder_of, remove_leftovers},
    snapshot::first_problem,
};

/// A backup that was decrypted, and whose database is sound.
pub struct Verified {
    /// What it says about itself, which was authenticated.
    pub description: Description,
    /// The database, in a file beside the one that it belongs to.
    pub copy: PrivateFile,
}

/// Checks a backup: all of it is decrypted and authenticated, and SQLite checks the database in it.
/// Until that is done, the database is in a file beside `database`.
///
/// # Errors
/// If the backup cannot be restored.
pub async fn verify(
    backup: &Path,
    database: &Path,
    key: &Arc<Key>,
) -> Result<Description, BackupError> {
    Ok(decrypt(backup, database, key).await?.description)
}

/// Decrypts a backup into a file beside `database`, and checks the database in it.
pub async fn decrypt(
    backup: &Path,
    database: &Path,
    key: &Arc<Key>,
) -> Result<Verified, BackupError> {
    let verified = {
        let (backup, database) = (backup.to_owned(), database.to_owned());
        let key = Arc::clone(key);
        apart(move || {
            let folder = folder_of(&database);
            let create = || {
                remove_leftovers(folder)?;
                PrivateFile::create(folder)
            };
            let copy = create().map_err(BackupError::file("write beside", &database))?;
            let description =
                copy_out(&backup, &copy, &key).map_err(|source| BackupError::Unreadable {
                    path: backup.clone(),
                    source,
                })?;
            Ok(Verified { description, copy })
        })
        .await?
    };
    let problem = first_problem(verified.copy.path()).await;
    let problem = problem.unwrap_or_else(|error| Some(error.to_string()));
    match problem {
        Some(problem) => Err(BackupError::Damaged {
            path: backup.to_owned(),
            problem,
        }),
        None => Ok(verified),
    }
}

/// Decrypts a backup into a file.
fn copy_out(backup: &Path, mut copy: &File, key: &Key) -> io::Result<Description> {
    let input = BufReader::new(File::open(backup)?);
    let (description, mut reader) = BackupReader::new(input, key)?;
    let mut output = BufWriter::new(copy);
    io::copy(&mut reader, &mut output)?;
    output
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    copy.rewind()?;
    Ok(description)
}
