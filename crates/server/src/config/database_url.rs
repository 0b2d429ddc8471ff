//! The database URL.

use std::{fmt, path::PathBuf, str::FromStr};

use sea_orm::sqlx::postgres::PgConnectOptions;
use url::Url;

use super::secret::MASK;

/// Which database to use, and where it is.
///
/// It is displayed without the password, so that it may appear in logs and errors.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server and database.
    Postgres(Url),
}

/// Why a text is not a database URL. The messages do not quote the text, because it may contain a
/// password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// The scheme is missing or not supported.
    #[error(
        "{found}; use sqlite:PATH, such as sqlite:mina.db, or \
         postgres://USER:PASSWORD@HOST:PORT/NAME"
    )]
    Scheme {
        /// What is wrong with it.
        found: String,
    },
    /// SQLite without a path.
    #[error("sqlite: needs the path of a file, such as sqlite:mina.db")]
    NoPath,
    /// SQLite in memory.
    #[error(
        "sqlite::memory: would be a separate, empty database for every connection; \
         use a file, such as sqlite:mina.db"
    )]
    InMemory,
    /// SQLite with options.
    #[error("sqlite: takes only a path; remove the options after the question mark")]
    SqliteOptions,
    /// Not a valid PostgreSQL URL.
    #[error("{reason}; use postgres://USER:PASSWORD@HOST:PORT/NAME")]
    Postgres {
        /// The parser's message.
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
                found: format!("{scheme} is not a supported database"),
            }),
            _ => Err(DatabaseUrlError::Scheme {
                found: "the scheme is missing".to_owned(),
            }),
        }
    }
}

/// Parses what follows `sqlite:`. Two slashes are dropped, because other programs write them.
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

/// Parses a PostgreSQL URL, including its options.
fn postgres(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    let invalid = |reason: String| DatabaseUrlError::Postgres { reason };
    if !text.contains("://") {
        return Err(invalid(
            "the two slashes after the scheme are missing".to_owned(),
        ));
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

/// Masks the password in both places where a PostgreSQL URL can have one.
fn without_password(url: &Url) -> Url {
    let mut url = url.clone();
    if url.password().is_some() {
        // This fails only for URLs that cannot have a password, and this one has one.
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
    fn unusable_urls_are_rejected_with_a_reason() {
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
