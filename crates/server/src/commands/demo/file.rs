//! The SQLite file of the demo: created once, used again, and replaced when it is out of date.
//!
//! A demo is created in a file with another name, which is renamed when it is complete, so an
//! interrupted run leaves no incomplete demo. The header of the file says that it is a demo, which
//! version, and for which day it was made. A file without this header is not a demo, and is never
//! changed.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{Datelike, NaiveDate};
use demo::{FillError, VERSION, fill, now};
use migration::{Migrator, MigratorTrait};
use mina_graphql::Database;
use sea_orm::{
    ConnectionTrait, DbErr,
    sqlx::{
        self, ConnectOptions, Connection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode},
    },
};

use crate::{
    config::{DatabaseSettings, DatabaseUrl, Durability},
    database::{self, ConnectError, MissingFile, SchemaState},
};

/// The longest time that a statement of a request may take.
const STATEMENT_LIMIT: Duration = Duration::from_secs(30);

/// The `application_id` in the header of a demo, which says what a SQLite file is: "Mina".
const APPLICATION_ID: i32 = 0x4d69_6e61;

/// How the version and the day are one number in the header: by so many times the version, plus the
/// number of the day in the common era.
const DAYS: i32 = 1_000_000;

/// An open demo.
#[derive(Debug)]
pub struct Opened {
    /// The database.
    pub database: Database,
    /// Where it came from.
    pub origin: Origin,
    /// The day that its data was made for.
    pub today: NaiveDate,
}

/// Where a demo came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// There was no file.
    Created,
    /// There was a demo, perhaps with changes in it.
    Found,
    /// There was a demo, and the user asked for a new one.
    Reset,
    /// There was a demo of another version of Mina.
    Replaced,
}

/// Why a demo cannot be opened or created.
#[derive(Debug, thiserror::Error)]
pub enum DemoFileError {
    /// The file is something else.
    #[error("{} is not a demo of mina, and was not changed", path.display())]
    NotADemo {
        /// The file.
        path: PathBuf,
    },
    /// The file should be replaced, but is in use.
    #[error("{} cannot be replaced while another program uses it", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read, renamed or removed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What could not be done, as a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database cannot be filled.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Opens the demo at `path`. Creates it for the day `today` first if there is none, if it is of
/// another version, or if `reset` is set. [`fill`] explains `progress`.
///
/// # Errors
///
/// If the file is not a demo, if it should be replaced but is in use, or if it cannot be created.
pub async fn open(
    path: &Path,
    today: NaiveDate,
    reset: bool,
    progress: impl Fn(usize, usize),
) -> Result<Opened, DemoFileError> {
    let found = header(path)?;
    let origin = match found {
        None => Origin::Created,
        Some(_) if reset => Origin::Reset,
        Some(found) => match day(found) {
            Some(today) => {
                let database = connect(path, MissingFile::Fail).await?;
                let schema = SchemaState::read(&database.reader).await?;
                if schema.require_current().is_ok() {
                    let origin = Origin::Found;
                    return Ok(Opened {
                        database,
                        origin,
                        today,
                    });
                }
                database::close(&database).await;
                Origin::Replaced
            }
            None => Origin::Replaced,
        },
    };
    if origin != Origin::Created {
        require_unused(path).await?;
    }
    create(path, today, progress).await?;
    let database = connect(path, MissingFile::Fail).await?;
    Ok(Opened {
        database,
        origin,
        today,
    })
}

/// The day that a demo was made for, unless it is of another version.
fn day(header: i32) -> Option<NaiveDate> {
    let day = NaiveDate::from_num_days_from_ce_opt(header % DAYS);
    day.filter(|_| header / DAYS == VERSION)
}

/// The version and the day of the demo at `path`, or `None` if there is no file.
fn header(path: &Path) -> Result<Option<i32>, DemoFileError> {
    // Offsets in the header of a SQLite file. Both values are big-endian integers.
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
        Err(DemoFileError::NotADemo { path })
    }
}

/// Rejects a file that another program has open, because replacing it would damage its database.
async fn require_unused(path: &Path) -> Result<(), DemoFileError> {
    // SQLite leaves the write-ahead log mode only if there is no other connection.
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
            Err(DemoFileError::InUse { path })
        }
        Err(error) => Err(ConnectError::sqlite(path, error).into()),
    }
}

/// Creates a demo under another name, and renames it to `path`.
async fn create(
    path: &Path,
    today: NaiveDate,
    progress: impl Fn(usize, usize),
) -> Result<(), DemoFileError> {
    let partial = path.with_added_extension("partial");
    // An interrupted run may have left one.
    remove(&partial)?;
    remove_logs(&partial)?;
    let database = database::connect_migrator(&settings(&partial), MissingFile::Create).await?;
    Migrator::up(&database, None).await?;
    fill(&database, now(today), progress).await?;
    let version = VERSION * DAYS + today.num_days_from_ce();
    let header =
        format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version}");
    database.execute_unprepared(&header).await?;
    database.close().await?;
    // SQLite would take the log of a file that was deleted by hand for the log of the new file.
    remove_logs(path)?;
    fs::rename(&partial, path).map_err(|source| failed("create", path, source))
}

async fn connect(path: &Path, missing_file: MissingFile) -> Result<Database, ConnectError> {
    database::connect(&settings(path), missing_file, Some(STATEMENT_LIMIT)).await
}

fn settings(path: &Path) -> DatabaseSettings {
    DatabaseSettings {
        database_url: DatabaseUrl::Sqlite(path.to_owned()),
        database_pool_size: 10,
        database_acquire_timeout: Duration::from_secs(10),
        slow_statement: Duration::from_millis(500),
        durability: Durability::Normal,
    }
}

/// Removes the two files that SQLite has beside a database in use.
fn remove_logs(path: &Path) -> Result<(), DemoFileError> {
    for suffix in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(OsStr::new(suffix));
        remove(Path::new(&name))?;
    }
    Ok(())
}

/// Removes a file, if it exists.
fn remove(path: &Path) -> Result<(), DemoFileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(|source| failed("remove", path, source)),
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> DemoFileError {
    DemoFileError::Io {
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

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 18).unwrap()
    }

    /// Opens the demo, counts its workspaces, and closes it.
    async fn count(path: &Path, reset: bool) -> (Origin, u64) {
        let opened = open(path, today(), reset, |_, _| ()).await.unwrap();
        let Opened {
            database,
            origin,
            today: day,
        } = opened;
        assert_eq!(day, today());
        let count = workspace::Entity::find()
            .count(&database.reader)
            .await
            .unwrap();
        database::close(&database).await;
        (origin, count)
    }

    async fn change(path: &Path, statement: &str) {
        let database = connect(path, MissingFile::Fail).await.unwrap();
        database.writer.execute_unprepared(statement).await.unwrap();
        database::close(&database).await;
    }

    #[tokio::test]
    async fn a_demo_is_created_once_and_replaced_when_needed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        // The file of an interrupted run, and the log of a demo that was deleted by hand.
        fs::write(path.with_added_extension("partial"), "half").unwrap();
        fs::write(folder.path().join("a.db-wal"), "stale").unwrap();
        assert_eq!(count(&path, false).await, (Origin::Created, 3));

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
    async fn other_files_are_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        for content in ["", "a diary", "SQLite format 3\0"] {
            fs::write(&path, content).unwrap();
            let error = open(&path, today(), true, |_, _| ()).await.unwrap_err();
            assert!(matches!(error, DemoFileError::NotADemo { .. }), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[tokio::test]
    async fn a_demo_in_use_is_shared_but_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let first = open(&path, today(), false, |_, _| ()).await.unwrap();
        let later = today() + chrono::Days::new(1);
        let second = open(&path, later, false, |_, _| ()).await.unwrap();
        assert_eq!(second.origin, Origin::Found);
        assert_eq!(second.today, today(), "it stays at its day");
        let error = open(&path, today(), true, |_, _| ()).await.unwrap_err();
        assert!(matches!(error, DemoFileError::InUse { .. }), "{error}");
        for Opened { database, .. } in [first, second] {
            let users = user::Entity::find().count(&database.reader).await.unwrap();
            assert!(users > 0);
            database::close(&database).await;
        }
        assert_eq!(count(&path, true).await, (Origin::Reset, 3));
    }
}
