//! `mina man`: the manual pages.

use std::{io, path::PathBuf};

use clap::{Args, CommandFactory};

use crate::{
    cli::Cli,
    command_error::{CommandError, Outcome},
};

/// Write the manual pages into a folder: one of mina, and one of each command
///
/// Needs no database, and no settings except those of the log. The Debian package installs them.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mina man /usr/local/share/man/man1
  mina man . && man ./mina-serve.1")]
pub struct Man {
    /// The folder, which must exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The pages cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write manual pages into {}: {source}", folder.display())]
struct ManError {
    folder: PathBuf,
    source: io::Error,
}

impl CommandError for ManError {}

/// Writes them.
pub fn run(arguments: Man) -> Outcome {
    let folder = arguments.folder;
    clap_mangen::generate_to(Cli::command(), &folder)
        .map_err(|source| ManError { folder, source })?;
    Ok(())
}
