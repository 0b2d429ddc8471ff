//! The commands of `mina`, one module for each.

mod backup;
mod completions;
pub mod config;
mod demo;
mod doctor;
mod health;
mod import;
mod man;
mod migrate;
mod rules;
mod schema;
mod serve;
mod user;

use clap::Subcommand;

use crate::{
    cli::Invocation,
    command_error::Outcome,
    config::{Settings, TelemetrySettings},
};

/// The name of the command whose arguments are all the settings.
pub const CONFIG: &str = "config";

/// The commands, in the order in which help lists them.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    User(user::User),
    Import(import::Import),
    Backup(backup::Backup),
    Doctor(Box<doctor::Doctor>),
    Health(Box<health::Health>),
    Schema(schema::Schema),
    /// Show all settings with their values and sources
    ///
    /// Secrets are masked. Flags given here are shown as `mina serve` would use them.
    #[command(name = CONFIG)]
    Config(Settings),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// The settings of telemetry, if the command sends traces.
    pub fn telemetry(&self) -> Option<&TelemetrySettings> {
        match self {
            Self::Serve(arguments) => Some(arguments.telemetry()),
            _ => None,
        }
    }

    /// The exit code if the settings file cannot be used. That of `mina doctor` says how bad it is.
    pub fn failure_code(&self) -> u8 {
        match self {
            Self::Doctor(_) => 2,
            _ => 1,
        }
    }
}

/// Runs a command to its end.
///
/// # Errors
/// Whatever ended the command early, in words for the user who typed it.
pub async fn run(invocation: Invocation) -> Outcome {
    match invocation.cli.command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Migrate(arguments) => migrate::run(arguments).await,
        Command::User(arguments) => user::run(arguments).await,
        Command::Import(arguments) => import::run(arguments).await,
        Command::Backup(arguments) => backup::run(arguments).await,
        Command::Doctor(arguments) => doctor::run(*arguments, &invocation.file).await,
        Command::Health(arguments) => health::run(*arguments).await,
        Command::Schema(arguments) => schema::run(arguments),
        Command::Config(_) => config::run(&invocation),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(arguments),
    }
}
