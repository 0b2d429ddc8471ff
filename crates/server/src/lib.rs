//! The `mina` command, as a library that its binary calls: so the fuzz targets can call what reads
//! from strangers, too.

mod cli;
mod commands;
mod config;
mod database;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod http;
mod output;
mod progress;
mod telemetry;

use std::{env, process::ExitCode};

use crate::cli::{Invocation, InvocationError};

/// Runs the command that the arguments of this process ask for.
pub async fn main() -> ExitCode {
    let invocation = match Invocation::read(&env::args_os().collect::<Vec<_>>()) {
        Ok(invocation) => invocation,
        // Help and the version come this way too, with exit code 0.
        Err(InvocationError::Usage(error)) => error.exit(),
        Err(InvocationError::File(error)) => {
            failure::print(&error);
            return ExitCode::FAILURE;
        }
    };
    let telemetry = telemetry::start(&invocation.cli.log, invocation.cli.command.otlp_endpoint());
    let outcome = commands::run(invocation).await;
    telemetry.finish();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure::print(&*failure);
            ExitCode::FAILURE
        }
    }
}
