//! Displays settings with their values and sources, and without secrets.

use std::{any::TypeId, ffi::OsString, fmt::Write};

use clap::{
    Arg, ArgMatches, Command,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};

use super::{DatabaseUrl, Secret, SettingsFile, secret::MASK, settings};

/// A table of all settings of a parsed command, with their values and sources.
pub fn report(command: &Command, matches: &ArgMatches, file: &SettingsFile) -> String {
    let rows: Vec<[String; 3]> = settings(command)
        .map(|setting| {
            [
                setting.get_id().to_string(),
                value(setting, matches),
                source(setting, matches, file),
            ]
        })
        .collect();
    let width = |column: usize| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or_default()
    };
    let (name_width, value_width) = (width(0), width(1));
    rows.iter()
        .fold(String::new(), |mut table, [name, value, source]| {
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{name:name_width$}  {value:value_width$}  {source}");
            table
        })
}

fn value(setting: &Arg, matches: &ArgMatches) -> String {
    let id = setting.get_id().as_str();
    let parser = setting.get_value_parser().type_id();
    if parser == TypeId::of::<DatabaseUrl>() {
        return matches
            .get_one::<DatabaseUrl>(id)
            .map_or_else(String::new, DatabaseUrl::to_string);
    }
    match matches.get_raw(id).and_then(|mut values| values.next()) {
        None => "(not set)".to_owned(),
        Some(_) if parser == TypeId::of::<Secret>() => MASK.to_owned(),
        Some(value) => value.to_string_lossy().into_owned(),
    }
}

fn source(setting: &Arg, matches: &ArgMatches, file: &SettingsFile) -> String {
    match matches.value_source(setting.get_id().as_str()) {
        Some(ValueSource::CommandLine) => "flag".to_owned(),
        Some(ValueSource::EnvVariable) => {
            let variable = setting.get_env().unwrap_or_default().to_string_lossy();
            format!("environment variable {variable}")
        }
        _ => match file.source_of(setting) {
            Some(path) => format!("file {}", path.display()),
            None => "default".to_owned(),
        },
    }
}

/// Names the environment variable in a usage error about a value that comes from one, and removes
/// the value if it may be secret.
pub fn explain(mut error: clap::Error, settings: &[Arg], arguments: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(invalid)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let Some(setting) = settings.iter().find(|it| it.to_string() == *invalid) else {
        return error;
    };
    let parser = setting.get_value_parser().type_id();
    if parser == TypeId::of::<Secret>() || parser == TypeId::of::<DatabaseUrl>() {
        let mask = ContextValue::String(MASK.to_owned());
        error.insert(ContextKind::InvalidValue, mask);
    }
    if let Some(variable) = setting.get_env()
        && !has_flag(arguments, setting)
    {
        let variable = variable.to_string_lossy().into_owned();
        error.insert(ContextKind::InvalidArg, ContextValue::String(variable));
    }
    error
}

/// Whether the arguments set this setting. Otherwise, only an environment variable can have given
/// it a wrong value: those in the settings file have been checked before.
fn has_flag(arguments: &[OsString], setting: &Arg) -> bool {
    let flag = format!("--{}", setting.get_long().unwrap_or_default());
    arguments.iter().any(|argument| {
        let argument = argument.to_string_lossy();
        let rest = argument.strip_prefix(&*flag);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::all_settings;

    /// The message about a wrong value of a setting, if the command line had these arguments.
    fn message(id: &str, value: &str, arguments: &[&str]) -> String {
        let settings = all_settings();
        let setting = settings.iter().find(|it| it.get_id() == id).unwrap();
        let flag = format!("--{}", setting.get_long().unwrap());
        let command = Command::new("mina").arg(setting.clone().env(None::<&str>));
        let error = command.try_get_matches_from(["mina", &flag, value]);
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        explain(error.unwrap_err(), &settings, &arguments).to_string()
    }

    #[test]
    fn errors_name_the_flag_or_the_variable() {
        for flags in [&["--bcrypt-cost", "3"][..], &["--bcrypt-cost=3"]] {
            let message = message("bcrypt_cost", "3", flags);
            assert!(message.contains("'3' for '--bcrypt-cost <N>'"), "{message}");
        }
        let message = message("bcrypt_cost", "3", &["serve", "--bcrypt-cost-of"]);
        assert!(message.contains("'3' for 'MINA_BCRYPT_COST'"), "{message}");
    }

    #[test]
    fn secrets_are_masked_wherever_they_come_from() {
        for flags in [&["--database-url", "mysql://u:hunter2@h/d"][..], &[]] {
            let message = message("database_url", "mysql://u:hunter2@h/d", flags);
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
