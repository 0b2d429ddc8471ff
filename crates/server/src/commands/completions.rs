//! `mina completions`: the completions of a shell.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::{cli::Cli, command_error::Outcome, output};

/// Print the completions of a shell
///
/// Needs no database, and no settings except those of the log. The Debian package installs them.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mina completions bash > ~/.local/share/bash-completion/completions/mina
  mina completions zsh > ~/.zfunc/_mina      # in a directory of fpath
  mina completions fish > ~/.config/fish/completions/mina.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Prints them.
pub fn run(arguments: &Completions) -> Outcome {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Cli::command(), "mina", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(())
}
