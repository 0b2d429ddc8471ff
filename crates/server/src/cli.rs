//! The command line of `mina`, and how it is parsed.

use std::{ffi::OsString, path::PathBuf};

use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, Parser};

use crate::{
    commands,
    config::{self, FILE_VARIABLE, FileError, LogSettings, SettingsFile},
};

/// The GraphQL server of a meeting platform
///
/// Settings are read from flags, environment variables, `mina.toml` in the working directory (or the
/// file named by --config) and defaults, in this order of precedence. `mina config` shows the result.
#[derive(Debug, Parser)]
#[command(
    name = "mina",
    version = version(),
    after_help = "\
To try it out:
  mina demo

First steps:
  mina migrate up
  MINA_TOKEN_SECRET=$(openssl rand -hex 32) mina serve"
)]
pub struct Cli {
    /// The settings file [default: mina.toml, if it exists]
    #[arg(long, global = true, env = FILE_VARIABLE, value_name = "PATH")]
    pub config: Option<PathBuf>,

    /// The settings that every command has.
    #[command(flatten)]
    pub log: LogSettings,

    /// The command.
    #[command(subcommand)]
    pub command: commands::Command,
}

/// The version, and which playground this binary was built with.
fn version() -> &'static str {
    if playground::is_full() {
        concat!(env!("CARGO_PKG_VERSION"), " (full playground)")
    } else {
        concat!(env!("CARGO_PKG_VERSION"), " (plain playground)")
    }
}

/// A parsed command line, with everything that it was parsed with.
#[derive(Debug)]
pub struct Invocation {
    /// The command and its arguments.
    pub cli: Cli,
    /// The definition of the command line.
    pub definition: Command,
    /// The values of the arguments, with their sources.
    pub matches: ArgMatches,
    /// The settings file.
    pub file: SettingsFile,
}

/// Why a command line could not be parsed.
#[derive(Debug, thiserror::Error)]
pub enum InvocationError {
    /// It is invalid, or only asks for help.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// The settings file cannot be used.
    #[error("{error}")]
    File {
        /// Why.
        error: FileError,
        /// The exit code of the process.
        exit_code: u8,
    },
}

impl Invocation {
    /// Reads a command line, the environment and the settings file.
    ///
    /// The command line is parsed twice: the first time to find the settings file, the second time
    /// with the values in that file as defaults.
    ///
    /// # Errors
    /// If the command line is invalid, or the settings file cannot be used.
    pub fn read(arguments: &[OsString]) -> Result<Self, InvocationError> {
        // Clap can show help by itself if there are no arguments, but it counts environment variables
        // as arguments.
        if arguments.len() < 2 {
            Cli::command().try_get_matches_from(["mina", "-h"])?;
        }
        let settings = all_settings();
        let parse = |definition: &mut Command| {
            definition
                .try_get_matches_from_mut(arguments)
                .map_err(|error| config::explain(error, &settings, arguments))
        };
        let first = Cli::from_arg_matches(&parse(&mut Cli::command())?)?;
        let exit_code = first.command.failure_code();
        let file = SettingsFile::load(first.config.as_deref(), &settings)
            .map_err(|error| InvocationError::File { error, exit_code })?;
        let mut definition = file.apply(Cli::command());
        let matches = parse(&mut definition)?;
        Ok(Self {
            cli: Cli::from_arg_matches(&matches)?,
            definition,
            matches,
            file,
        })
    }
}

/// The settings of all commands together: those that `mina config` shows.
pub fn all_settings() -> Vec<Arg> {
    let mut definition = Cli::command();
    definition.build();
    definition
        .find_subcommand(commands::CONFIG)
        .map(|command| config::settings(command).cloned().collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(arguments: &[&str]) -> Result<Invocation, InvocationError> {
        let arguments = [&["mina"], arguments].concat();
        Invocation::read(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
    }

    /// What `mina config` prints with a settings file of this content.
    fn report(file: &str, flags: &[&str]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.toml");
        fs::write(&path, file).unwrap();
        let arguments = [&["config", "--config", path.to_str().unwrap()], flags].concat();
        commands::config::table(&read(&arguments).unwrap())
    }

    /// The words of the line of one setting.
    fn line<'a>(report: &'a str, setting: &str) -> Vec<&'a str> {
        report
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|words| words[0] == setting)
            .unwrap()
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_has_the_variable_of_its_name() {
        for setting in all_settings() {
            let name = setting.get_id().as_str().to_uppercase();
            assert_eq!(setting.get_env().unwrap(), &*format!("MINA_{name}"));
        }
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let report = report(
            "listen = '127.0.0.1:1'\nbcrypt_cost = 4\nlog = 'warn'",
            &["--listen", "127.0.0.1:2"],
        );
        assert_eq!(line(&report, "listen")[1..], ["127.0.0.1:2", "flag"]);
        assert_eq!(line(&report, "bcrypt_cost")[1..3], ["4", "file"]);
        assert_eq!(line(&report, "log")[1..3], ["warn", "file"]);
        assert_eq!(line(&report, "slow_statement")[1..], ["500ms", "default"]);
    }

    #[test]
    fn secrets_are_masked_in_the_report() {
        let report = report(
            "token_secret = 'hunter2'\ndatabase_url = 'postgres://u:hunter2@h/d'",
            &[],
        );
        assert!(!report.contains("hunter2"), "{report}");
        assert_eq!(line(&report, "token_secret")[1], "********");
        assert_eq!(
            line(&report, "database_url")[1],
            "postgres://u:********@h/d"
        );
    }

    #[test]
    fn secrets_are_masked_in_usage_errors() {
        let error = read(&["config", "--database-url", "mysql://u:hunter2@h/d"]).unwrap_err();
        let text = error.to_string();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("mysql is not a supported database"), "{text}");
    }

    #[test]
    fn a_named_file_must_exist() {
        let error = read(&["config", "--config", "/nowhere/mina.toml"]).unwrap_err();
        assert!(matches!(
            error,
            InvocationError::File {
                error: FileError::Unreadable { .. },
                exit_code: 1
            }
        ));
    }
}
