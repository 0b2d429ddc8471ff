//! Why a database cannot be opened, in words for the operator.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, postgres::PgConnectOptions},
};

use crate::{
    command_error::CommandError,
    config::{DatabaseSettings, DatabaseUrl},
};

/// The primary result codes of SQLite that can be explained.
mod sqlite_code {
    pub const PERMISSION: u32 = 3;
    pub const BUSY: u32 = 5;
    pub const READ_ONLY: u32 = 8;
    pub const CANNOT_OPEN: u32 = 14;
    pub const NOT_A_DATABASE: u32 = 26;
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The SQLite file does not exist, and must not be created.
    #[error("there is no database at {}", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// The folder of the SQLite file does not exist.
    #[error("the folder {} for the database does not exist", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The path is a folder.
    #[error("{} is a folder, not a database file", path.display())]
    Folder {
        /// The path.
        path: PathBuf,
    },
    /// The file is not a SQLite database.
    #[error("{} is not a SQLite database", path.display())]
    NotSqlite {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be read or written.
    #[error("this user has no permission to read and write {} or its folder", path.display())]
    NotPermitted {
        /// The file.
        path: PathBuf,
    },
    /// Another program has locked the SQLite file for too long.
    #[error("another program holds a lock on the database {}", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The SQLite file can only be read.
    #[error("{} can only be read: its permissions, its folder or its disk forbid writing", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Beside the SQLite file, there is a write-ahead log of another one.
    #[error(
        "{} was put in its place after {} was written, which is the log of another file",
        path.display(),
        log.display()
    )]
    StaleLog {
        /// The file.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// No connection to the PostgreSQL server can be made.
    #[error("cannot reach PostgreSQL at {server}: {source}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// Why.
        source: io::Error,
    },
    /// The server accepts the connection and then does not respond.
    #[error("PostgreSQL at {server} did not respond within {}", humantime::format_duration(*limit))]
    NoAnswer {
        /// Host and port.
        server: String,
        /// How long mina waited.
        limit: Duration,
    },
    /// The server rejects the user or the password.
    #[error("PostgreSQL at {server} rejects the user {user}: {reason}")]
    Rejected {
        /// Host and port.
        server: String,
        /// The user.
        user: String,
        /// The server's message.
        reason: String,
    },
    /// The server has no database of this name.
    #[error("PostgreSQL at {server} has no database named {name}")]
    NoDatabase {
        /// Host and port.
        server: String,
        /// The database.
        name: String,
    },
    /// The migrator is not connected to PostgreSQL itself.
    #[error("{server} is a connection pooler, through which tables cannot be migrated")]
    Pooler {
        /// Host and port.
        server: String,
    },
    /// Anything else.
    #[error("cannot open {url}: {source}")]
    Other {
        /// The database, without its password.
        url: String,
        /// Why.
        source: sqlx::Error,
    },
}

impl CommandError for ConnectError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoFile { .. } => {
                "run `mina migrate up` to create it, or choose another with --database-url"
            }
            Self::NoFolder { .. } | Self::Folder { .. } | Self::NotSqlite { .. } => {
                "choose the database file with --database-url sqlite:PATH"
            }
            Self::NotPermitted { .. } => {
                "SQLite creates two files next to the database, so the folder must be writable too"
            }
            Self::Locked { .. } => "end its transaction and run the command again",
            Self::ReadOnly { .. } => {
                "let this user write to the file and to its folder, or mount the disk for writing"
            }
            Self::StaleLog { log, .. } => {
                let log = log.display();
                return Some(format!(
                    "if the database was restored, move {log} away and start again; if both files \
                     were copied from a server that had stopped, say so with `touch {log}`"
                ));
            }
            Self::Unreachable { .. } | Self::NoAnswer { .. } => {
                "check that the server is running, and the address in database_url"
            }
            Self::Rejected { .. } => "check the user and the password in database_url",
            Self::NoDatabase { name, .. } => {
                return Some(format!("create it, for example with `createdb {name}`"));
            }
            Self::Pooler { .. } => "use the address of PostgreSQL itself in database_url",
            Self::Other { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

impl ConnectError {
    /// Explains why a SQLite file could not be opened.
    pub fn sqlite(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        match sqlite_primary_code(&source) {
            Some(sqlite_code::BUSY) => Self::Locked { path },
            Some(sqlite_code::NOT_A_DATABASE) => Self::NotSqlite { path },
            Some(sqlite_code::PERMISSION | sqlite_code::READ_ONLY | sqlite_code::CANNOT_OPEN) => {
                Self::NotPermitted { path }
            }
            _ => Self::Other {
                url: DatabaseUrl::Sqlite(path).to_string(),
                source,
            },
        }
    }

    /// Fails if a transaction cannot begin because a SQLite file can only be read. Whatever else
    /// is in its way, such as a lock, may go away.
    pub(super) fn require_writable(path: &Path, error: &DbErr) -> Result<(), Self> {
        let code = match error {
            DbErr::Exec(RuntimeErr::SqlxError(error)) => sqlite_primary_code(error),
            _ => None,
        };
        match code {
            Some(sqlite_code::READ_ONLY) => Err(Self::ReadOnly {
                path: path.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Explains why connecting to a PostgreSQL server failed.
    pub(super) fn postgres(
        settings: &DatabaseSettings,
        options: &PgConnectOptions,
        source: sqlx::Error,
    ) -> Self {
        let server = server(options);
        match source {
            sqlx::Error::Io(source) => Self::Unreachable { server, source },
            sqlx::Error::Database(error) => match error.code().as_deref() {
                // Class 28 is "invalid authorization", a wrong password among it.
                Some(code) if code.starts_with("28") => Self::Rejected {
                    server,
                    user: options.get_username().to_owned(),
                    reason: error.message().to_owned(),
                },
                Some("3D000") => Self::NoDatabase {
                    server,
                    // If the URL has no name, the server uses the name of the user.
                    name: options
                        .get_database()
                        .unwrap_or(options.get_username())
                        .to_owned(),
                },
                _ => Self::other(settings, sqlx::Error::Database(error)),
            },
            source => Self::other(settings, source),
        }
    }

    /// The error for a server that does not respond.
    pub(super) fn no_answer(settings: &DatabaseSettings, options: &PgConnectOptions) -> Self {
        Self::NoAnswer {
            server: server(options),
            limit: settings.database_acquire_timeout,
        }
    }

    /// The error for a pooler where a session of its own is needed.
    pub(super) fn pooler(options: &PgConnectOptions) -> Self {
        Self::Pooler {
            server: server(options),
        }
    }

    /// The error for everything else.
    pub(super) fn other(settings: &DatabaseSettings, source: sqlx::Error) -> Self {
        Self::Other {
            url: settings.database_url.to_string(),
            source,
        }
    }
}

fn server(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// The low byte of an extended result code is the primary one.
fn sqlite_primary_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}
