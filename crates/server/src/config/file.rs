//! The settings file, `mina.toml`.
//!
//! Its keys are the names of the settings, and its values become the defaults of their
//! arguments. So the command line parser itself puts flags and environment variables above them.

use std::{
    any::TypeId,
    collections::BTreeMap,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

use clap::{
    Arg, Command,
    error::{ContextKind, ContextValue},
};

use crate::failure::Failure;

/// The file that is read when none is named and this one exists.
const DEFAULT_PATH: &str = "mina.toml";

/// How alike an unknown key and a setting are, from 0 to 1, for the setting to be suggested.
const SIMILAR: f64 = 0.7;

/// The settings that one file gives, as texts that their arguments have accepted.
#[derive(Debug, Default)]
pub struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

/// Why a settings file cannot be used. Values are left out of the messages, since they may be
/// secret.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read the settings file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not TOML.
    #[error("{}, line {line}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// What the parser objects to.
        reason: String,
    },
    /// It has a key that names no setting.
    #[error("{}: there is no setting named {key}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The setting it resembles most, if it resembles any.
        nearest: Option<String>,
        /// Every setting there is.
        allowed: Vec<String>,
    },
    /// A value has the wrong TOML type.
    #[error("{}: {key} must be {expected}, not {found}", path.display())]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The setting.
        key: String,
        /// The type it needs.
        expected: &'static str,
        /// The type it has.
        found: &'static str,
    },
    /// A value is not one that the setting can have.
    #[error("{}: {key} is not valid: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The setting.
        key: String,
        /// What the setting objects to.
        reason: String,
    },
}

impl Failure for FileError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean {nearest}?")),
            Self::UnknownKey { allowed, .. } => {
                Some(format!("the settings are {}", allowed.join(", ")))
            }
            _ => None,
        }
    }
}

impl SettingsFile {
    /// Reads the file that was named, or else `mina.toml` in the working directory if there is
    /// one.
    ///
    /// # Errors
    /// If the file cannot be read (one that was named must exist) or holds anything but settings
    /// with valid values.
    pub fn load(named: Option<&Path>, settings: &[Arg]) -> Result<Self, FileError> {
        let path = named.unwrap_or(Path::new(DEFAULT_PATH));
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text, settings),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(source) => Err(FileError::Unreadable {
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn parse(path: &Path, text: &str, settings: &[Arg]) -> Result<Self, FileError> {
        let table = text
            .parse::<toml::Table>()
            .map_err(|error| FileError::Syntax {
                path: path.to_owned(),
                line: error.span().map_or(1, |span| {
                    text.bytes()
                        .take(span.start)
                        .filter(|&byte| byte == b'\n')
                        .count()
                        + 1
                }),
                reason: error.message().to_owned(),
            })?;
        let mut values = BTreeMap::new();
        for (key, value) in table {
            let Some(setting) = settings.iter().find(|setting| *setting.get_id() == *key) else {
                return Err(unknown_key(path, key, settings));
            };
            let value = value_text(path, setting, &value)?;
            values.insert(key, value);
        }
        Ok(Self {
            path: path.to_owned(),
            values,
        })
    }

    /// The file, if it gives this setting.
    pub fn source_of(&self, setting: &Arg) -> Option<&Path> {
        self.values
            .contains_key(setting.get_id().as_str())
            .then_some(&*self.path)
    }

    /// Makes the values of the file the defaults of the settings, in every subcommand that has
    /// them.
    pub fn apply(&self, command: Command) -> Command {
        command
            .mut_args(
                |argument| match self.values.get(argument.get_id().as_str()) {
                    Some(value) => argument.default_value(value),
                    None => argument,
                },
            )
            .mut_subcommands(|subcommand| self.apply(subcommand))
    }
}

fn unknown_key(path: &Path, key: String, settings: &[Arg]) -> FileError {
    let allowed: Vec<String> = settings
        .iter()
        .map(|setting| setting.get_id().to_string())
        .collect();
    let nearest = allowed
        .iter()
        .map(|name| (strsim::jaro_winkler(name, &key), name))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name.clone());
    FileError::UnknownKey {
        path: path.to_owned(),
        key,
        nearest,
        allowed,
    }
}

/// The value as the text that a flag would carry, checked by the flag's own parser.
fn value_text(path: &Path, setting: &Arg, value: &toml::Value) -> Result<String, FileError> {
    let key = setting.get_id().as_str();
    let counts = setting.get_value_parser().type_id() == TypeId::of::<u32>();
    let text = match value {
        toml::Value::Integer(number) if counts => number.to_string(),
        toml::Value::String(text) if !counts => text.clone(),
        other => {
            return Err(FileError::WrongType {
                path: path.to_owned(),
                key: key.to_owned(),
                expected: if counts { "a whole number" } else { "a string" },
                found: type_name(other),
            });
        }
    };
    // An environment variable must not get in between, so the probe knows none.
    let probe = setting.clone().env(None::<&'static str>).global(false);
    let flag = format!("--{}={text}", probe.get_long().unwrap_or(key));
    Command::new(key.to_owned())
        .no_binary_name(true)
        .arg(probe)
        .try_get_matches_from([flag])
        .map_err(|error| FileError::Invalid {
            path: path.to_owned(),
            key: key.to_owned(),
            reason: reason(&error),
        })?;
    Ok(text)
}

/// The TOML type of a value, with its article.
fn type_name(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::String(_) => "a string",
        toml::Value::Integer(_) => "a whole number",
        toml::Value::Float(_) => "a fraction",
        toml::Value::Boolean(_) => "true or false",
        toml::Value::Datetime(_) => "a date",
        toml::Value::Array(_) => "a list",
        toml::Value::Table(_) => "a table",
    }
}

/// What a parser objects to, without the value and the flag that clap puts before it.
fn reason(error: &clap::Error) -> String {
    match (error.source(), error.get(ContextKind::ValidValue)) {
        (Some(source), _) => source.to_string(),
        (None, Some(ContextValue::Strings(allowed))) => {
            format!("use one of {}", allowed.join(", "))
        }
        (None, _) => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::all_settings;

    fn parse(text: &str) -> Result<SettingsFile, FileError> {
        SettingsFile::parse(Path::new("some.toml"), text, &all_settings())
    }

    fn refusal(text: &str) -> String {
        let error = parse(text).unwrap_err();
        match error.hint() {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        }
    }

    #[test]
    fn strings_and_whole_numbers_are_taken() {
        let file = parse("listen = '0.0.0.0:80'\ndatabase_pool_size = 5").unwrap();
        assert_eq!(file.values["listen"], "0.0.0.0:80");
        assert_eq!(file.values["database_pool_size"], "5");
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_setting() {
        assert_eq!(
            refusal("databse_url = 'sqlite:a.db'"),
            "some.toml: there is no setting named databse_url; did you mean database_url?"
        );
        assert!(refusal("xyz = 1").contains("the settings are database_url, "));
        assert!(refusal("config = 'other.toml'").contains("no setting named config"));
        assert!(refusal("[database]\nurl = 'a'").contains("no setting named database"));
    }

    #[test]
    fn a_wrong_type_is_refused() {
        assert_eq!(
            refusal("bcrypt_cost = '12'"),
            "some.toml: bcrypt_cost must be a whole number, not a string"
        );
        assert_eq!(
            refusal("token_lifetime = 12"),
            "some.toml: token_lifetime must be a string, not a whole number"
        );
        assert_eq!(
            refusal("listen = ['127.0.0.1:80']"),
            "some.toml: listen must be a string, not a list"
        );
    }

    #[test]
    fn an_invalid_value_is_refused_without_showing_it() {
        assert_eq!(
            refusal("log_format = 'xml'"),
            "some.toml: log_format is not valid: use one of auto, human, json"
        );
        assert!(refusal("bcrypt_cost = 99").contains("99 is not in 4..=31"));
        assert!(!refusal("database_url = 'mysql://u:hunter2@h/d'").contains("hunter2"));
    }

    #[test]
    fn a_syntax_error_names_its_line_and_not_its_text() {
        let refusal = refusal("listen = '127.0.0.1:80'\ntoken_secret = hunter2\n");
        assert!(refusal.starts_with("some.toml, line 2: "), "{refusal}");
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}
