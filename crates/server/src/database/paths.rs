//! Where the file of a SQLite database really is, and what SQLite has beside it.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

/// The file that a path leads to through all symbolic links, also if the file does not exist. SQLite
/// follows them, too: its logs are beside that file.
///
/// # Errors
/// If the links lead in a circle, or a folder cannot be searched.
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => resolve(&folder_of(path).join(target)),
            Err(_) => Ok(path.to_owned()),
        },
        resolved => resolved,
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The file whose name is that of another one and an ending.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// The write-ahead log of a SQLite file.
pub fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_to_a_file_that_may_not_exist() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (file, link, second) = (root.join("file"), root.join("link"), root.join("second"));
        symlink("file", &link).unwrap();
        symlink(&link, &second).unwrap();
        for path in [&file, &link, &second] {
            assert_eq!(resolve(path).unwrap(), file);
        }
        fs::write(&file, "").unwrap();
        for path in [&file, &link, &second] {
            assert_eq!(resolve(path).unwrap(), file);
        }
        let endless = root.join("endless");
        symlink("endless", &endless).unwrap();
        assert!(resolve(&endless).is_err());
    }
}
