//! The address of the database.

use std::{fmt, path::PathBuf, str::FromStr};

use sea_orm::sqlx::postgres::PgConnectOptions;
use url::Url;

use super::secret::MASK;

/// The two kinds of database, and where each is found.
///
/// Shown without the password, so that it may appear in logs and errors.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server and database.
    Postgres(Url),
}

/// Why a text is not the address of a database. The text is left out of the messages, since it
/// may hold a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// There is no scheme, or one of another database.
    #[error(
        "{found}; use sqlite:PATH, such as sqlite:mina.db, or \
         postgres://USER:PASSWORD@HOST:PORT/NAME"
    )]
    Scheme {
        /// What was there instead.
        found: String,
    },
    /// SQLite without a file name.
    #[error("sqlite: needs the path of a file, such as sqlite:mina.db")]
    NoPath,
    /// SQLite in memory.
    #[error(
        "sqlite::memory: would be a different, empty database on every connection; \
         name a file, such as sqlite:mina.db"
    )]
    InMemory,
    /// SQLite with options.
    #[error("sqlite: takes a path only; leave out the options after the question mark")]
    SqliteOptions,
    /// PostgreSQL with something that is not a URL after the scheme.
    #[error("{reason}; use postgres://USER:PASSWORD@HOST:PORT/NAME")]
    Postgres {
        /// What the parser objects to.
        reason: String,
    },
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        match text.split_once(':') {
            Some(("sqlite", path)) => sqlite(path),
            Some(("postgres" | "postgresql", _)) => postgres(text),
            Some((scheme, _)) if text.contains("://") => Err(DatabaseUrlError::Scheme {
                found: format!("{scheme} is not a kind of database that mina can use"),
            }),
            _ => Err(DatabaseUrlError::Scheme {
                found: "the kind of database is missing".to_owned(),
            }),
        }
    }
}

/// Reads what follows `sqlite:`. Two slashes are dropped, as in the URLs of other programs.
fn sqlite(path: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    match path.strip_prefix("//").unwrap_or(path) {
        "" => Err(DatabaseUrlError::NoPath),
        path if path.starts_with(":memory:") || path.contains("mode=memory") => {
            Err(DatabaseUrlError::InMemory)
        }
        path if path.contains('?') => Err(DatabaseUrlError::SqliteOptions),
        path => Ok(DatabaseUrl::Sqlite(path.into())),
    }
}

/// Reads a whole PostgreSQL URL, the options it carries included.
fn postgres(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    let invalid = |reason: String| DatabaseUrlError::Postgres { reason };
    if !text.contains("://") {
        return Err(invalid("two slashes are missing".to_owned()));
    }
    let url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
    text.parse::<PgConnectOptions>()
        .map_err(|error| invalid(error.to_string()))?;
    Ok(DatabaseUrl::Postgres(url))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Postgres(url) => write!(formatter, "{}", without_password(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// Masks the password in both places where PostgreSQL URLs carry one.
fn without_password(url: &Url) -> Url {
    let mut url = url.clone();
    if url.password().is_some() {
        // This fails only for URLs that cannot hold a password, and this one does.
        let _ = url.set_password(Some(MASK));
    }
    if url.query_pairs().any(|(key, _)| key == "password") {
        let pairs = url.query_pairs().into_owned().collect::<Vec<_>>();
        url.query_pairs_mut().clear().extend_pairs(
            pairs
                .iter()
                .map(|(key, value)| (key, if key == "password" { MASK } else { value })),
        );
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
        text.parse()
    }

    #[test]
    fn sqlite_is_a_path_with_or_without_slashes() {
        assert_eq!(parse("sqlite:a.db"), Ok(DatabaseUrl::Sqlite("a.db".into())));
        assert_eq!(
            parse("sqlite://a.db"),
            Ok(DatabaseUrl::Sqlite("a.db".into()))
        );
        assert_eq!(
            parse("sqlite:///var/a.db"),
            Ok(DatabaseUrl::Sqlite("/var/a.db".into()))
        );
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_reason() {
        assert_eq!(parse("sqlite:"), Err(DatabaseUrlError::NoPath));
        assert_eq!(parse("sqlite::memory:"), Err(DatabaseUrlError::InMemory));
        assert_eq!(
            parse("sqlite:a.db?mode=rwc"),
            Err(DatabaseUrlError::SqliteOptions)
        );
        for other in ["mysql://u:hunter2@host/mina", "mina.db", "C:\\mina.db", ""] {
            let error = parse(other).unwrap_err();
            assert!(matches!(error, DatabaseUrlError::Scheme { .. }), "{other}");
            assert!(!error.to_string().contains("hunter2"));
        }
        for bad in ["postgres:mina", "postgresql://host:port/mina"] {
            let error = parse(bad).unwrap_err();
            assert!(matches!(error, DatabaseUrlError::Postgres { .. }), "{bad}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        for url in [
            "postgres://u:hunter2@host/mina",
            "postgresql://u@host/mina?sslmode=disable&password=hunter2",
        ] {
            let url = parse(url).unwrap();
            assert!(!url.to_string().contains("hunter2"), "{url}");
            assert!(url.to_string().contains("********"), "{url}");
            assert!(!format!("{url:?}").contains("hunter2"));
        }
    }
}
