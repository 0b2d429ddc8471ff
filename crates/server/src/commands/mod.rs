//! The commands of `mina`, one module for each.

mod backup;
pub mod config;
mod demo;
mod import;
mod migrate;
mod rules;
mod schema;
mod serve;
mod user;

use clap::Subcommand;
use url::Url;

use crate::{cli::Invocation, command_error::Outcome, config::Settings};

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
    Schema(schema::Schema),
    /// Show all settings with their values and sources
    ///
    /// Secrets are masked. Flags given here are shown as `mina serve` would use them.
    #[command(name = CONFIG)]
    Config(Settings),
}

impl Command {
    /// The collector that the command sends traces to, if it does.
    pub fn otlp_endpoint(&self) -> Option<&Url> {
        match self {
            Self::Serve(arguments) => arguments.otlp_endpoint(),
            _ => None,
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
        Command::Schema(arguments) => schema::run(arguments),
        Command::Config(_) => config::run(&invocation),
    }
}
