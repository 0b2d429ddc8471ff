//! The file with the key of the backups, or with their passphrase.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use ::backup::{Key, Zeroizing};

use super::{BackupError, private_file::sync_folder};
use crate::config::BackupKeySettings;

/// Reads the key in the settings.
///
/// # Errors
/// If none or two are set, or the file has no key.
pub fn read_key(settings: &BackupKeySettings) -> Result<Key, BackupError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::UnreadableKey { path, source }
    };
    let (path, key) = match (&settings.backup_key_file, &settings.backup_passphrase_file) {
        (Some(path), None) => {
            let content = Zeroizing::new(fs::read(path).map_err(unreadable(path))?);
            (path, Key::from_file(&content))
        }
        (None, Some(path)) => {
            let content = Zeroizing::new(fs::read_to_string(path).map_err(unreadable(path))?);
            (path, Key::from_passphrase(&content))
        }
        (None, None) => return Err(BackupError::NoKey),
        (Some(_), Some(_)) => return Err(BackupError::TwoKeys),
    };
    key.map_err(|source| BackupError::NotAKey {
        path: path.clone(),
        source,
    })
}

/// Writes a new key into a file that only its owner can read.
///
/// # Errors
/// If the file exists, or cannot be written.
pub fn write_key(path: &Path) -> Result<(), BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::KeyExists {
            path: path.to_owned(),
        },
        _ => BackupError::file("write", path)(error),
    })?;
    let key = Zeroizing::new(rand::random());
    let mut write = || {
        file.write_all(&Key::file_content(&key)[..])?;
        file.sync_all()?;
        sync_folder(path)
    };
    write().map_err(|error| {
        // A part of a key must not look like one that is in use.
        let _ = fs::remove_file(path);
        BackupError::file("write", path)(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_key_can_be_read_and_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_key(&path).unwrap();
        let content = fs::read(&path).unwrap();
        assert!(matches!(
            write_key(&path),
            Err(BackupError::KeyExists { .. })
        ));
        assert_eq!(fs::read(&path).unwrap(), content);
        let settings = |key: Option<&Path>, passphrase: Option<&Path>| BackupKeySettings {
            backup_key_file: key.map(Path::to_owned),
            backup_passphrase_file: passphrase.map(Path::to_owned),
        };
        assert!(read_key(&settings(Some(&path), None)).is_ok());
        assert!(read_key(&settings(None, Some(&path))).is_ok());
        assert!(matches!(
            read_key(&settings(None, None)),
            Err(BackupError::NoKey)
        ));
        assert!(matches!(
            read_key(&settings(Some(&path), Some(&path))),
            Err(BackupError::TwoKeys)
        ));
        let is_no_key =
            |settings: &_| matches!(read_key(settings), Err(BackupError::NotAKey { .. }));
        fs::write(&path, "hunter2").unwrap();
        for settings in [settings(Some(&path), None), settings(None, Some(&path))] {
            assert!(is_no_key(&settings));
        }
        // A passphrase that happens to have the length of a key.
        fs::write(&path, "correct horse battery staple 123").unwrap();
        assert!(is_no_key(&settings(Some(&path), None)));
        assert!(read_key(&settings(None, Some(&path))).is_ok());
    }
}
