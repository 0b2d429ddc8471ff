//! A copy of the database at one moment.

use std::{fs::File, io, path::Path, time::Duration};

use sea_orm::sqlx::{
    self, ConnectOptions, Connection, Executor, Row, SqliteConnection, sqlite::SqliteConnectOptions,
};

use super::{
    BackupError,
    private_file::{PrivateFile, remove_leftovers},
};
use crate::database::paths::{folder_of, resolve};

/// The primary result code of SQLite for a statement that it cannot execute.
const STATEMENT_FAILED: u32 = 1;
/// That for a damaged file.
pub const CORRUPT: u32 = 11;
/// That for a file which is no database.
pub const NOT_A_DATABASE: u32 = 26;

/// How long to wait for a program that locks the whole file.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// A copy of the database, as it was when the copying began. It has no name in the file system any
/// more, so that it disappears with the process, whatever ends it.
pub struct Snapshot {
    /// The copy, at its beginning.
    pub file: File,
    /// Its size.
    pub bytes: u64,
    /// The latest migration that was applied, or nothing.
    pub schema_version: String,
}

impl Snapshot {
    /// Copies the database at `path`.
    ///
    /// `VACUUM INTO` reads in one transaction, like any other reader: writers go on meanwhile, and
    /// only the write-ahead log cannot begin again from its start, so it grows by what is written.
    /// The copy is beside the database, where there is a file without encryption anyway, and needs as
    /// much space as the rows and the indexes do.
    pub async fn take(path: &Path) -> Result<Self, BackupError> {
        if !path.exists() {
            return Err(BackupError::NoDatabase {
                path: path.to_owned(),
            });
        }
        let path = &resolve(path).map_err(BackupError::file("find", path))?;
        let folder = folder_of(path);
        let create = || {
            remove_leftovers(folder)?;
            PrivateFile::create(folder)
        };
        let copy = create().map_err(BackupError::file("write beside", path))?;
        let failed = |source| BackupError::Copy {
            path: path.to_owned(),
            source,
        };
        vacuum_into(path, copy.path()).await.map_err(failed)?;
        let schema_version = schema_version(copy.path()).await.map_err(failed)?;
        let open = || {
            let bytes = copy.metadata()?.len();
            Ok((bytes, copy.unlink()?))
        };
        let (bytes, file) = open().map_err(BackupError::file("read the copy of", path))?;
        Ok(Self {
            file,
            bytes,
            schema_version,
        })
    }
}

/// Copies a database into an empty file.
async fn vacuum_into(path: &Path, copy: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(LOCK_TIMEOUT)
        .disable_statement_logging();
    let mut database = options.connect().await?;
    let vacuum = sqlx::query("VACUUM INTO ?").bind(target(copy));
    let copied = vacuum.execute(&mut database).await;
    database.close().await?;
    copied.map(drop)
}

/// The name of an empty file for `VACUUM INTO`. As a URI, it says that the file exists: if a signal
/// has just removed the file, SQLite must not create another one, which nobody would remove.
fn target(path: &Path) -> String {
    let path = path.to_string_lossy();
    if cfg!(windows) {
        return path.into_owned();
    }
    let escaped = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    format!("file:{escaped}?mode=rw")
}

/// The latest migration in a copy.
async fn schema_version(path: &Path) -> Result<String, sqlx::Error> {
    let mut copy = open_still(path).await?;
    let sql = "SELECT version FROM seaql_migrations ORDER BY version DESC LIMIT 1";
    let version = match copy.fetch_optional(sql).await {
        Ok(row) => row.map(|row| row.try_get(0)).transpose()?,
        // A database that Mina has not migrated yet.
        Err(sqlx::Error::Database(error)) if error.message().contains("no such table") => None,
        Err(error) => return Err(error),
    };
    copy.close().await?;
    Ok(version.unwrap_or_default())
}

/// Opens a file that nobody writes to.
async fn open_still(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new()
        .filename(path)
        .immutable(true)
        .read_only(true)
        .disable_statement_logging()
        .connect()
        .await
}

/// The result of a check by SQLite.
pub enum Checked {
    /// The database can be used.
    Sound {
        /// What is wrong with its references.
        warning: Option<String>,
    },
    /// It cannot be relied on. This is what SQLite finds first.
    Damaged(String),
}

/// Checks a database file that nobody writes to.
///
/// # Errors
/// If it cannot be checked for a reason that is not in the file.
pub async fn check(path: &Path) -> Result<Checked, sqlx::Error> {
    match try_check(path).await {
        // A file that is damaged in its first pages, or no database at all.
        Err(error) if matches!(primary_code(&error), Some(CORRUPT | NOT_A_DATABASE)) => {
            Ok(Checked::Damaged(message(&error)))
        }
        checked => checked,
    }
}

async fn try_check(path: &Path) -> Result<Checked, sqlx::Error> {
    let mut database = open_still(path).await?;
    let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut database)
        .await?;
    if is_of_disk(&found) {
        return Err(sqlx::Error::Io(io::Error::other(found)));
    }
    if found != "ok" {
        return Ok(Checked::Damaged(found));
    }
    let warning = check_references(&mut database).await?;
    database.close().await?;
    Ok(Checked::Sound { warning })
}

/// Whether a finding is that a page could not be read, which says nothing about what is in it.
fn is_of_disk(found: &str) -> bool {
    let code = found.rsplit_once("error code=");
    let code = code.and_then(|(_, code)| code.trim().parse::<u32>().ok());
    code.is_some_and(|code| !matches!(code & 0xff, CORRUPT | NOT_A_DATABASE))
}

/// What is wrong with the references. They may have been so for years, above all in a database that
/// another program has made, and a backup of it must be restorable as it is.
async fn check_references(database: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let sql = r#"SELECT count(*), min("table") FROM pragma_foreign_key_check"#;
    let found = sqlx::query_as::<_, (i64, Option<String>)>(sql).fetch_one(database);
    match found.await {
        Ok((0, _)) => Ok(None),
        Ok((count, table)) => {
            let table = table.unwrap_or_default();
            Ok(Some(match count {
                1 => format!("1 row refers to one that does not exist: a row of {table}"),
                _ => {
                    format!("{count} rows refer to ones that do not exist: for example of {table}")
                }
            }))
        }
        // For example a reference to a column that is not unique.
        Err(error) if primary_code(&error) == Some(STATEMENT_FAILED) => Ok(Some(format!(
            "its references cannot be checked: {}",
            message(&error)
        ))),
        Err(error) => Err(error),
    }
}

/// The primary result code of SQLite.
pub fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.map(|code| code & 0xff)
}

/// The message of SQLite alone.
fn message(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_was_removed_is_not_created_again() {
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("100% odd? #1");
        std::fs::create_dir(&odd).unwrap();
        let path = odd.join("mina.db");
        File::create(&path).unwrap();
        let copy = odd.join("copy");
        assert!(vacuum_into(&path, &copy).await.is_err());
        assert!(!copy.exists());
        File::create(&copy).unwrap();
        vacuum_into(&path, &copy).await.unwrap();
        assert!(matches!(
            check(&copy).await.unwrap(),
            Checked::Sound { warning: None }
        ));
        std::fs::write(&copy, "no database at all, ".repeat(100)).unwrap();
        assert!(matches!(check(&copy).await.unwrap(), Checked::Damaged(_)));
        assert!(check(&odd.join("missing")).await.is_err());
    }
}
