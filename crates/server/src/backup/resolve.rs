//! Where the file of a database really is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{BackupError, private_file::folder_of};

/// The file that a path leads to through all symbolic links, also if the file does not exist. SQLite
/// follows them, too: its logs are beside that file, and a restored one takes the place of that file
/// and not of the link.
pub fn resolve(database: &Path) -> Result<PathBuf, BackupError> {
    try_resolve(database).map_err(BackupError::file("find", database))
}

fn try_resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => try_resolve(&folder_of(path).join(target)),
            Err(_) => Ok(path.to_owned()),
        },
        resolved => resolved,
    }
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
