//! The file that holds the demo: made once, found again, and made anew when it is out of date.
//!
//! A demo is built beside its place and moved there when it is whole, so that an interrupted run
//! leaves no half of one. Its header says that it is a demo and of which version; a file that
//! does not say so is somebody's, and is never touched.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use demo::{FillError, VERSION, fill, now};
use graphql::Database;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectionTrait, DbErr,
    sqlx::{
        self, ConnectOptions, Connection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode},
    },
};

use crate::{
    config::{DatabaseSettings, DatabaseUrl},
    database::{self, ConnectError, MissingFile, SchemaState},
};

/// How long a statement of a request may take.
const STATEMENT_LIMIT: Duration = Duration::from_secs(30);

/// The `application_id` of a demo, by which SQLite files say what they are: "Mina".
const APPLICATION_ID: i32 = 0x4d69_6e61;

/// Where a demo came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// There was none.
    Made,
    /// There was one, with whatever has been changed in it.
    Found,
    /// There was one, and another was asked for.
    Reset,
    /// There was one of another version of Mina.
    Replaced,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file holds something else.
    #[error("{} is not a demo of mina, and is left as it is", path.display())]
    NotADemo {
        /// The file.
        path: PathBuf,
    },
    /// The file should make way for another, and is in use.
    #[error("{} cannot be replaced while another program uses it", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read, made or moved.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was to be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it was not.
        source: io::Error,
    },
    /// It cannot be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It cannot be filled.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Opens the demo at `path`, and makes it where there is none, where it is of another version, or
/// where `reset` asks for it. `progress` is as for [`fill`].
///
/// # Errors
///
/// If the file is no demo, is in use while it should make way, or cannot be made.
pub async fn open(
    path: &Path,
    reset: bool,
    progress: impl Fn(usize, usize),
) -> Result<(Database, Origin), FileError> {
    let origin = match version(path)? {
        None => Origin::Made,
        Some(_) if reset => Origin::Reset,
        Some(VERSION) => {
            let database = connect(path, MissingFile::Refuse).await?;
            let schema = SchemaState::read(&database.reader).await?;
            if schema.require_current().is_ok() {
                return Ok((database, Origin::Found));
            }
            database::close(&database).await?;
            Origin::Replaced
        }
        Some(_) => Origin::Replaced,
    };
    if origin != Origin::Made {
        require_unused(path).await?;
    }
    make(path, progress).await?;
    Ok((connect(path, MissingFile::Refuse).await?, origin))
}

/// The version of the demo at `path`, if there is a file.
fn version(path: &Path) -> Result<Option<i32>, FileError> {
    // Where the header of a SQLite file says what it is, as big-endian integers.
    const USER_VERSION: usize = 60;
    const APPLICATION: usize = 68;
    let mut header = Vec::new();
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file,
    };
    file.and_then(|file| file.take(100).read_to_end(&mut header))
        .map_err(|source| failed("read", path, source))?;
    let integer = |at: usize| {
        let bytes = header.get(at..)?.first_chunk()?;
        Some(i32::from_be_bytes(*bytes))
    };
    if header.starts_with(b"SQLite format 3\0") && integer(APPLICATION) == Some(APPLICATION_ID) {
        Ok(integer(USER_VERSION))
    } else {
        let path = path.to_owned();
        Err(FileError::NotADemo { path })
    }
}

/// Refuses a file that another program has open: replaced under its feet, it would be damaged.
async fn require_unused(path: &Path) -> Result<(), FileError> {
    // SQLite leaves the write-ahead log only if nobody else is connected.
    let connection = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::ZERO)
        .journal_mode(SqliteJournalMode::Delete)
        .connect()
        .await;
    match connection {
        Ok(connection) => connection
            .close()
            .await
            .map_err(|error| ConnectError::sqlite(path, error).into()),
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == "5") => {
            let path = path.to_owned();
            Err(FileError::InUse { path })
        }
        Err(error) => Err(ConnectError::sqlite(path, error).into()),
    }
}

/// Makes a demo beside `path`, and moves it there.
async fn make(path: &Path, progress: impl Fn(usize, usize)) -> Result<(), FileError> {
    let partial = path.with_added_extension("partial");
    // Left by a run that was interrupted.
    remove(&partial)?;
    remove_logs(&partial)?;
    let database = connect(&partial, MissingFile::Create).await?;
    Migrator::up(&database.writer, None).await?;
    fill(&database.writer, now(), progress).await?;
    let header =
        format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}");
    database.writer.execute_unprepared(&header).await?;
    database::close(&database).await?;
    // The log of a file that was deleted by hand would be taken for that of the new one.
    remove_logs(path)?;
    fs::rename(&partial, path).map_err(|source| failed("make", path, source))
}

async fn connect(path: &Path, missing_file: MissingFile) -> Result<Database, ConnectError> {
    let settings = DatabaseSettings {
        database_url: DatabaseUrl::Sqlite(path.to_owned()),
        database_pool_size: 10,
        database_acquire_timeout: Duration::from_secs(10),
        slow_statement: Duration::from_millis(500),
    };
    database::connect(&settings, missing_file, Some(STATEMENT_LIMIT)).await
}

/// Removes the two files that SQLite keeps beside a database in use.
fn remove_logs(path: &Path) -> Result<(), FileError> {
    for suffix in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(OsStr::new(suffix));
        remove(Path::new(&name))?;
    }
    Ok(())
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(|source| failed("remove", path, source)),
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> FileError {
    FileError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use entity::{user, workspace};
    use sea_orm::{EntityTrait, PaginatorTrait};

    use super::*;

    /// Opens the demo, counts its workspaces, and closes it.
    async fn count(path: &Path, reset: bool) -> (Origin, u64) {
        let (database, origin) = open(path, reset, |_, _| ()).await.unwrap();
        let count = workspace::Entity::find()
            .count(&database.reader)
            .await
            .unwrap();
        database::close(&database).await.unwrap();
        (origin, count)
    }

    async fn change(path: &Path, statement: &str) {
        let database = connect(path, MissingFile::Refuse).await.unwrap();
        database.writer.execute_unprepared(statement).await.unwrap();
        database::close(&database).await.unwrap();
    }

    #[tokio::test]
    async fn a_demo_is_made_once_and_anew_when_needed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        // What an interrupted run leaves, and the log of a demo that was deleted by hand.
        fs::write(path.with_added_extension("partial"), "half").unwrap();
        fs::write(folder.path().join("a.db-wal"), "stale").unwrap();
        assert_eq!(count(&path, false).await, (Origin::Made, 3));

        let another = "INSERT INTO workspace (name, slug) VALUES ('Another', 'another')";
        change(&path, another).await;
        assert_eq!(count(&path, false).await, (Origin::Found, 4));
        assert_eq!(count(&path, true).await, (Origin::Reset, 3));

        change(&path, "PRAGMA user_version = 0").await;
        assert_eq!(count(&path, false).await, (Origin::Replaced, 3));
        change(&path, "DELETE FROM seaql_migrations").await;
        assert_eq!(count(&path, false).await, (Origin::Replaced, 3));
        let files = fs::read_dir(folder.path()).unwrap();
        assert_eq!(files.count(), 1, "nothing is left beside the file");
    }

    #[tokio::test]
    async fn files_of_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        for content in ["", "a diary", "SQLite format 3\0"] {
            fs::write(&path, content).unwrap();
            let error = open(&path, true, |_, _| ()).await.unwrap_err();
            assert!(matches!(error, FileError::NotADemo { .. }), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[tokio::test]
    async fn a_demo_in_use_is_shared_but_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let (first, _) = open(&path, false, |_, _| ()).await.unwrap();
        let (second, origin) = open(&path, false, |_, _| ()).await.unwrap();
        assert_eq!(origin, Origin::Found);
        let error = open(&path, true, |_, _| ()).await.unwrap_err();
        assert!(matches!(error, FileError::InUse { .. }), "{error}");
        for database in [first, second] {
            let users = user::Entity::find().count(&database.reader).await.unwrap();
            assert!(users > 0);
            database::close(&database).await.unwrap();
        }
        assert_eq!(count(&path, true).await, (Origin::Reset, 3));
    }
}
