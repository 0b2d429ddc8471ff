//! Who can read and write the files that the settings name.

use crate::config::{Settings, SettingsFile};

use super::report::Verdict;

#[cfg(not(unix))]
pub fn check(_settings: &Settings, _file: &SettingsFile) -> Vec<Verdict> {
    vec![Verdict::skipped(
        "not checked: only Unix has such permissions",
    )]
}

#[cfg(unix)]
pub use unix::check;

#[cfg(unix)]
mod unix {
    use std::{
        fs, io,
        os::unix::fs::MetadataExt,
        path::{Path, PathBuf},
    };

    use rustix::fs::{Access, access};

    use super::{Settings, SettingsFile, Verdict};
    use crate::{
        config::DatabaseUrl,
        database::paths::{self, folder_of},
    };

    /// The permissions of users who are neither the owner nor in the group of a file.
    const READ: u32 = 0o004;
    const WRITE: u32 = 0o002;
    const ENTER: u32 = 0o001;

    /// Checks all files that exist. Those that do not are reported where they are needed.
    pub fn check(settings: &Settings, file: &SettingsFile) -> Vec<Verdict> {
        let secrets = secrets(settings, file);
        let mut problems: Vec<Verdict> = secrets.iter().filter_map(|path| secret(path)).collect();
        if let DatabaseUrl::Sqlite(path) = &settings.database.database_url {
            problems.extend(database(path));
        }
        if let Some(folder) = &settings.backup.folder.backup_dir {
            problems.extend(not_writable(folder).or_else(|| changeable(folder)));
        }
        if problems.is_empty() {
            problems.push(Verdict::ok(
                "only the server and its group can read its files",
            ));
        }
        problems
    }

    /// The files that hold secrets.
    fn secrets(settings: &Settings, file: &SettingsFile) -> Vec<PathBuf> {
        let key = &settings.backup.key;
        let files = [
            settings.tokens.token_secret_file.as_ref(),
            settings.http.tls_key.as_ref(),
            key.backup_key_file.as_ref(),
            key.backup_passphrase_file.as_ref(),
        ];
        let files = files.into_iter().flatten().cloned();
        files
            .chain(file.path_with_secrets().map(Path::to_owned))
            .collect()
    }

    fn secret(path: &Path) -> Option<Verdict> {
        if is_open(path, READ | WRITE).ok()? {
            let path = path.display();
            return Some(Verdict::failure(
                format!(
                    "every user of this machine can read or change {path}, which holds a secret"
                ),
                format!("run `chmod o-rwx {path}`, and replace the secret"),
            ));
        }
        None
    }

    /// A SQLite file and what is beside it.
    fn database(path: &Path) -> Vec<Verdict> {
        let Ok(path) = paths::resolve(path) else {
            return Vec::new();
        };
        if !path.exists() {
            return Vec::new();
        }
        let read = is_open(&path, READ).unwrap_or_default().then(|| {
            let path = path.display();
            Verdict::warning(
                format!("every user of this machine can read the database {path}"),
                format!("run `chmod o-rwx {path} {path}-wal`"),
            )
        });
        let folder = folder_of(&path);
        let own = not_writable(&path).or_else(|| not_writable(folder));
        let others = changeable(&path).or_else(|| changeable(folder));
        own.into_iter().chain(others.or(read)).collect()
    }

    /// A file that the user of this command cannot write.
    fn not_writable(path: &Path) -> Option<Verdict> {
        access(path, Access::WRITE_OK).err().map(|error| {
            Verdict::failure(
                format!("this user cannot write {}: {error}", path.display()),
                "run `mina doctor` as the user of the server, or give that user the permission",
            )
        })
    }

    /// A file or folder that everybody can change.
    fn changeable(path: &Path) -> Option<Verdict> {
        is_open(path, WRITE).ok()?.then(|| {
            let path = path.display();
            Verdict::failure(
                format!("every user of this machine can change {path}"),
                format!("run `chmod o-w {path}`"),
            )
        })
    }

    /// Whether other users have one of these permissions, and can reach the file.
    fn is_open(path: &Path, permissions: u32) -> io::Result<bool> {
        let path = fs::canonicalize(path)?;
        if fs::metadata(&path)?.mode() & permissions == 0 {
            return Ok(false);
        }
        for folder in path.ancestors().skip(1) {
            if fs::metadata(folder)?.mode() & ENTER == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
