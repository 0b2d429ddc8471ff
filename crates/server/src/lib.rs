//! The `mina` command, as a library, so that the fuzz targets can call the code that reads untrusted
//! input.

mod backup;
mod cli;
mod command_error;
mod commands;
mod config;
mod database;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod http;
mod output;
mod progress;
mod reload;
mod telemetry;

use std::{env, process::ExitCode};

use crate::cli::{Invocation, InvocationError};

/// Runs the command given by the arguments of this process.
pub async fn main() -> ExitCode {
    let invocation = match Invocation::read(&env::args_os().collect::<Vec<_>>()) {
        Ok(invocation) => invocation,
        // Help and the version are printed here too, with exit code 0.
        Err(InvocationError::Usage(error)) => error.exit(),
        Err(InvocationError::File { error, exit_code }) => {
            command_error::print(&error);
            return ExitCode::from(exit_code);
        }
    };
    let telemetry = telemetry::start(&invocation.cli.log, invocation.cli.command.telemetry());
    let outcome = commands::run(invocation).await;
    telemetry.finish();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command_error::print(&*error);
            ExitCode::from(error.exit_code())
        }
    }
}
