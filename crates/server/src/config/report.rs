//! Displays settings with their values and sources, and without secrets.

use std::{any::TypeId, fmt::Write};

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

/// Removes the value from a usage error about a setting that may be secret.
pub fn conceal(mut error: clap::Error, settings: &[Arg]) -> clap::Error {
    let secret = settings.iter().any(|setting| {
        let parser = setting.get_value_parser().type_id();
        (parser == TypeId::of::<Secret>() || parser == TypeId::of::<DatabaseUrl>())
            && error.get(ContextKind::InvalidArg)
                == Some(&ContextValue::String(setting.to_string()))
    });
    if secret {
        error.insert(
            ContextKind::InvalidValue,
            ContextValue::String(MASK.to_owned()),
        );
    }
    error
}
