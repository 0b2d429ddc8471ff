//! Values that are never displayed, and the secret that signs bearer tokens.

use std::{convert::Infallible, fmt, fs, io, path::PathBuf, str::FromStr};

use mina_graphql::counted;

use super::TokenSettings;
use crate::command_error::CommandError;

/// The minimum length of a token secret: the output size of HMAC-SHA-256, as RFC 7518 requires.
const MIN_LENGTH: usize = 32;

/// The text displayed in place of a secret.
pub const MASK: &str = "********";

/// A value that is masked wherever it is displayed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

/// Why there is no usable token secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Neither setting is set.
    #[error("token_secret is not set, and bearer tokens cannot be signed without it")]
    Missing,
    /// Both settings are set.
    #[error("token_secret and token_secret_file are both set; remove one of them")]
    Both,
    /// The file cannot be read.
    #[error("cannot read token_secret_file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The secret is so short that it could be guessed.
    #[error("the token secret has {}; it needs at least {MIN_LENGTH}", counted(*length, "byte"))]
    TooShort {
        /// Its length in bytes.
        length: usize,
    },
}

impl CommandError for SecretError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing | Self::TooShort { .. } => Some(
                "generate one with `openssl rand -hex 32` and set it as MINA_TOKEN_SECRET, \
                 or put it in a file and set MINA_TOKEN_SECRET_FILE to its path"
                    .to_owned(),
            ),
            Self::Both => Some("`mina config` shows where each is set".to_owned()),
            Self::Unreadable { .. } => None,
        }
    }
}

impl TokenSettings {
    /// The secret that signs bearer tokens, from the setting or from the file.
    ///
    /// # Errors
    /// If it is missing, set twice, unreadable or too short.
    pub fn secret(&self) -> Result<Secret, SecretError> {
        let secret = match (&self.token_secret, &self.token_secret_file) {
            (Some(secret), None) => secret.clone(),
            (None, Some(path)) => match fs::read_to_string(path) {
                // Editors and `openssl rand` end the file with a newline, which is not part of it.
                Ok(text) => Secret(text.trim_end().to_owned()),
                Err(source) => {
                    return Err(SecretError::Unreadable {
                        path: path.clone(),
                        source,
                    });
                }
            },
            (Some(_), Some(_)) => return Err(SecretError::Both),
            (None, None) => return Err(SecretError::Missing),
        };
        match secret.expose().len() {
            length if length < MIN_LENGTH => Err(SecretError::TooShort { length }),
            _ => Ok(secret),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn secret(given: Option<&str>, file: Option<PathBuf>) -> Result<Secret, SecretError> {
        let settings = TokenSettings {
            token_secret: given.map(|text| Secret(text.to_owned())),
            token_secret_file: file,
            token_lifetime: Duration::ZERO,
        };
        settings.secret()
    }

    #[test]
    fn a_secret_has_one_source_and_a_minimum_length() {
        let long = "s".repeat(32);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, format!("{long}\n")).unwrap();

        assert_eq!(secret(Some(&long), None).unwrap().expose(), long);
        assert_eq!(secret(None, Some(file.clone())).unwrap().expose(), long);
        assert!(matches!(secret(None, None), Err(SecretError::Missing)));
        assert!(matches!(
            secret(Some(&long), Some(file)),
            Err(SecretError::Both)
        ));
        assert!(matches!(
            secret(None, Some(folder.path().join("nothing"))),
            Err(SecretError::Unreadable { .. })
        ));
        assert!(matches!(
            secret(Some(&long[1..]), None),
            Err(SecretError::TooShort { length: 31 })
        ));
    }

    #[test]
    fn a_secret_is_masked_when_debugged() {
        assert_eq!(format!("{:?}", Secret("hunter2".to_owned())), MASK);
    }
}
