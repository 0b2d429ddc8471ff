//! A copy of the database at one moment.

use std::{fs::File, path::Path, time::Duration};

use sea_orm::sqlx::{
    self, AssertSqlSafe, ConnectOptions, Connection, Executor, Row, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

use super::{
    BackupError,
    private_file::{PrivateFile, folder_of, remove_leftovers},
};

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
        vacuum_into(path, &copy).await.map_err(failed)?;
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
async fn vacuum_into(path: &Path, copy: &PrivateFile) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(LOCK_TIMEOUT)
        .disable_statement_logging();
    let mut database = options.connect().await?;
    let target = copy.path().to_string_lossy().into_owned();
    let vacuum = sqlx::query("VACUUM INTO ?").bind(target);
    let copied = vacuum.execute(&mut database).await;
    database.close().await?;
    copied.map(drop)
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

/// The first thing that is wrong with a database file that nobody writes to, if something is.
pub async fn first_problem(path: &Path) -> Result<Option<String>, sqlx::Error> {
    let mut database = open_still(path).await?;
    let mut found = None;
    for (check, is_sound) in [
        ("PRAGMA integrity_check(1)", "ok"),
        ("PRAGMA foreign_key_check", ""),
    ] {
        let row = match database.fetch_optional(AssertSqlSafe(check)).await {
            Ok(row) => row,
            // A file that is damaged in its first pages, or no database at all.
            Err(sqlx::Error::Database(error)) => {
                found = Some(error.message().to_owned());
                break;
            }
            Err(error) => return Err(error),
        };
        let Some(row) = row else { continue };
        let text: String = row.try_get(0)?;
        if text != is_sound {
            found = Some(match is_sound {
                "" => format!("a row of {text} refers to one that does not exist"),
                _ => text,
            });
            break;
        }
    }
    database.close().await?;
    Ok(found)
}
