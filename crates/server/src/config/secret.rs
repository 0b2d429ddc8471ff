//! Values that are never displayed, and the secrets that sign bearer tokens.

use std::{convert::Infallible, fmt, fs, io, path::PathBuf, str::FromStr};

use mina_graphql::counted;

use super::TokenSettings;
use crate::command_error::CommandError;

/// The minimum length of a token secret: the output size of HMAC-SHA-256, as RFC 7518 requires.
const MIN_LENGTH: usize = 32;

/// The most secrets that are accepted at a time. Each is tried for tokens that do not name theirs.
const MAX_SECRETS: usize = 8;

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
    /// A secret is so short that it could be guessed.
    #[error("{} has {}; it needs at least {MIN_LENGTH}", which(*line), counted(*length, "byte"))]
    TooShort {
        /// In which line it is, counted from 1.
        line: usize,
        /// Its length in bytes.
        length: usize,
    },
    /// There are more secrets than anybody needs.
    #[error("there are {count} token secrets; at most {MAX_SECRETS} are possible")]
    TooMany {
        /// How many.
        count: usize,
    },
}

fn which(line: usize) -> String {
    match line {
        1 => "the token secret".to_owned(),
        line => format!("the token secret in line {line}"),
    }
}

/// The secrets that sign bearer tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSecrets {
    /// The secret that signs new tokens.
    pub signing: Secret,
    /// Secrets that have signed before, whose tokens are still accepted.
    pub retired: Vec<Secret>,
}

impl TokenSecrets {
    /// The retired secrets, as bytes.
    pub fn retired(&self) -> Vec<&[u8]> {
        self.retired
            .iter()
            .map(|secret| secret.expose().as_bytes())
            .collect()
    }
}

impl FromStr for TokenSecrets {
    type Err = SecretError;

    /// Reads one secret a line. Blanks around them are not part of them, because editors and
    /// `openssl rand` end a file with a newline.
    fn from_str(text: &str) -> Result<Self, SecretError> {
        let mut secrets = Vec::new();
        // Some editors begin a file with a byte order mark.
        let text = text.trim_start_matches('\u{feff}');
        for (index, line) in text.trim().lines().enumerate() {
            let secret = line.trim();
            let (line, length) = (index + 1, secret.len());
            match length {
                0 => {}
                1..MIN_LENGTH => return Err(SecretError::TooShort { line, length }),
                _ => secrets.push(Secret(secret.to_owned())),
            }
        }
        let count = secrets.len();
        if count > MAX_SECRETS {
            return Err(SecretError::TooMany { count });
        }
        let mut secrets = secrets.into_iter();
        let Some(signing) = secrets.next() else {
            return Err(SecretError::TooShort { line: 1, length: 0 });
        };
        Ok(Self {
            signing,
            retired: secrets.collect(),
        })
    }
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
            Self::TooMany { .. } => Some(
                "remove the last ones: a secret can go once the lifetime of a token has passed since \
                 it signed"
                    .to_owned(),
            ),
            Self::Unreadable { .. } => None,
        }
    }
}

impl TokenSettings {
    /// The secrets that sign bearer tokens, from the setting or from the file.
    ///
    /// # Errors
    /// If they are missing, set twice, unreadable, too short or too many.
    pub fn secrets(&self) -> Result<TokenSecrets, SecretError> {
        match (&self.token_secret, &self.token_secret_file) {
            (Some(secret), None) => secret.expose().parse(),
            (None, Some(path)) => match fs::read_to_string(path) {
                Ok(text) => text.parse(),
                Err(source) => Err(SecretError::Unreadable {
                    path: path.clone(),
                    source,
                }),
            },
            (Some(_), Some(_)) => Err(SecretError::Both),
            (None, None) => Err(SecretError::Missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn secrets(given: Option<&str>, file: Option<PathBuf>) -> Result<TokenSecrets, SecretError> {
        let settings = TokenSettings {
            token_secret: given.map(|text| Secret(text.to_owned())),
            token_secret_file: file,
            token_lifetime: Duration::ZERO,
        };
        settings.secrets()
    }

    #[test]
    fn a_secret_has_one_source_and_a_minimum_length() {
        let long = "s".repeat(32);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, format!("{long}\n")).unwrap();

        for read in [
            secrets(Some(&long), None),
            secrets(None, Some(file.clone())),
        ] {
            let read = read.unwrap();
            assert_eq!(read.signing.expose(), long);
            assert!(read.retired.is_empty());
        }
        assert!(matches!(secrets(None, None), Err(SecretError::Missing)));
        assert!(matches!(
            secrets(Some(&long), Some(file)),
            Err(SecretError::Both)
        ));
        assert!(matches!(
            secrets(None, Some(folder.path().join("nothing"))),
            Err(SecretError::Unreadable { .. })
        ));
        assert!(matches!(
            secrets(Some(&long[1..]), None),
            Err(SecretError::TooShort {
                line: 1,
                length: 31
            })
        ));
        assert!(matches!(
            secrets(Some(" \n\n"), None),
            Err(SecretError::TooShort { line: 1, length: 0 })
        ));
    }

    #[test]
    fn the_first_line_signs_and_the_others_are_accepted() {
        let [new, old, oldest] = ["n", "o", "p"].map(|letter| letter.repeat(32));
        let read = secrets(
            Some(&format!("\u{feff}{new}\r\n\n  {old} \n{oldest}\n")),
            None,
        )
        .unwrap();
        assert_eq!(read.signing.expose(), new);
        assert_eq!(read.retired(), [old.as_bytes(), oldest.as_bytes()]);

        let error = secrets(Some(&format!("{new}\nshort\n")), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the token secret in line 2 has 5 bytes; it needs at least 32"
        );
        let error = secrets(Some(&format!("{new}\n").repeat(9)), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there are 9 token secrets; at most 8 are possible"
        );
    }

    #[test]
    fn a_secret_is_masked_when_debugged() {
        assert_eq!(format!("{:?}", Secret("hunter2".to_owned())), MASK);
    }
}
