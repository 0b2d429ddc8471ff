//! The settings file, `mina.toml`.
//!
//! Its keys are the names of the settings, and its values become the defaults of their arguments.
//! So flags and environment variables override them without any code of ours.

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

use super::{DatabaseUrl, secret::MASK};
use crate::command_error::CommandError;

/// The file that is read if no file is named and this one exists.
const DEFAULT_PATH: &str = "mina.toml";

/// How similar a setting must be to an unknown key to be suggested, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.7;

/// The settings in a file, as texts that their arguments have accepted.
#[derive(Debug, Default)]
pub struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

/// Why a settings file cannot be used. The messages do not quote values, because they may be
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
        /// The line, counted from 1.
        line: usize,
        /// The parser's message.
        reason: String,
    },
    /// A key is not the name of a setting.
    #[error("{}: there is no setting named {key}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The most similar setting, if one is similar enough.
        nearest: Option<String>,
    },
    /// A value has the wrong TOML type.
    #[error("{}: {key} must be {expected}, not {found}", path.display())]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The setting.
        key: String,
        /// The type that the setting needs.
        expected: &'static str,
        /// The type that the value has.
        found: &'static str,
    },
    /// A value is not valid for its setting.
    #[error("{}: {key} is not valid: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The setting.
        key: String,
        /// What is wrong with the value.
        reason: String,
    },
}

impl CommandError for FileError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean {nearest}?")),
            Self::UnknownKey { nearest: None, .. } => {
                Some("`mina config --help` lists all settings".to_owned())
            }
            _ => None,
        }
    }
}

impl SettingsFile {
    /// Reads the named file, or `mina.toml` in the working directory if no file is named and that one
    /// exists.
    ///
    /// # Errors
    /// If the file cannot be read (a named file must exist), or if it contains anything other than
    /// settings with valid values.
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

    /// The file, if it sets this setting.
    pub fn source_of(&self, setting: &Arg) -> Option<&Path> {
        self.values
            .contains_key(setting.get_id().as_str())
            .then_some(&*self.path)
    }

    /// The file, if it holds a secret: that of the tokens, or a password of the database.
    pub fn path_with_secrets(&self) -> Option<&Path> {
        let has_password = self.values.get("database_url").is_some_and(|text| {
            let url = text.parse::<DatabaseUrl>();
            url.is_ok_and(|url| url.to_string().contains(MASK))
        });
        let has_secret = has_password || self.values.contains_key("token_secret");
        has_secret.then_some(&*self.path)
    }

    /// Makes the values in the file the defaults of their settings, in every subcommand.
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
    let nearest = settings
        .iter()
        .map(|setting| setting.get_id().as_str())
        .map(|name| (strsim::jaro_winkler(name, &key), name))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name.to_owned());
    FileError::UnknownKey {
        path: path.to_owned(),
        key,
        nearest,
    }
}

/// The value as the text of a flag, checked by the parser of that flag.
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
    // An environment variable must not override the value, so the probe has none.
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
        toml::Value::Float(_) => "a decimal number",
        toml::Value::Boolean(_) => "a boolean",
        toml::Value::Datetime(_) => "a date",
        toml::Value::Array(_) => "a list",
        toml::Value::Table(_) => "a table",
    }
}

/// The message of a parser, without the value and the flag that clap puts in front of it.
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

    fn rejection(text: &str) -> String {
        let error = parse(text).unwrap_err();
        match error.hint() {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        }
    }

    #[test]
    fn strings_and_whole_numbers_are_accepted() {
        let file = parse("listen = '0.0.0.0:80'\ndatabase_pool_size = 5").unwrap();
        assert_eq!(file.values["listen"], "0.0.0.0:80");
        assert_eq!(file.values["database_pool_size"], "5");
    }

    #[test]
    fn every_setting_can_be_in_the_file() {
        for setting in all_settings() {
            let key = setting.get_id().to_string();
            let default = setting.get_default_values().first();
            let sample = default.map_or("some-file", |value| value.to_str().unwrap());
            let counts = setting.get_value_parser().type_id() == TypeId::of::<u32>();
            let quote = if counts { "" } else { "'" };
            match parse(&format!("{key} = {quote}{sample}{quote}")) {
                Ok(file) => assert_eq!(file.values[key.as_str()], sample),
                // A sample is not a value of every setting, but it is judged.
                Err(error) => assert!(error.to_string().contains("is not valid"), "{error}"),
            }
        }
    }

    #[test]
    fn an_unknown_key_is_rejected_with_the_nearest_setting() {
        assert_eq!(
            rejection("databse_url = 'sqlite:a.db'"),
            "some.toml: there is no setting named databse_url; did you mean database_url?"
        );
        assert_eq!(
            rejection("xyz = 1"),
            "some.toml: there is no setting named xyz; `mina config --help` lists all settings"
        );
        assert!(rejection("config = 'other.toml'").contains("no setting named config"));
        assert!(rejection("[database]\nurl = 'a'").contains("no setting named database"));
    }

    #[test]
    fn a_wrong_type_is_rejected() {
        assert_eq!(
            rejection("bcrypt_cost = '12'"),
            "some.toml: bcrypt_cost must be a whole number, not a string"
        );
        assert_eq!(
            rejection("token_lifetime = 12"),
            "some.toml: token_lifetime must be a string, not a whole number"
        );
        assert_eq!(
            rejection("listen = ['127.0.0.1:80']"),
            "some.toml: listen must be a string, not a list"
        );
    }

    #[test]
    fn an_invalid_value_is_rejected_without_quoting_it() {
        assert_eq!(
            rejection("log_format = 'xml'"),
            "some.toml: log_format is not valid: use one of auto, human, json"
        );
        assert!(rejection("bcrypt_cost = 99").ends_with("from 4 to 31"));
        assert!(!rejection("database_url = 'mysql://u:hunter2@h/d'").contains("hunter2"));
    }

    #[test]
    fn a_syntax_error_names_its_line_and_not_its_text() {
        let rejection = rejection("listen = '127.0.0.1:80'\ntoken_secret = hunter2\n");
        assert!(rejection.starts_with("some.toml, line 2: "), "{rejection}");
        assert!(!rejection.contains("hunter2"), "{rejection}");
    }
}
