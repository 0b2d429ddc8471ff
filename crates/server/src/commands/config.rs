//! `mina config`: all settings with their values and sources.

use super::CONFIG;
use crate::{cli::Invocation, command_error::Outcome, config, output};

/// Prints the table of settings.
pub fn run(invocation: &Invocation) -> Outcome {
    output::print(&table(invocation))?;
    Ok(())
}

/// The table of settings, empty if this is another command.
pub fn table(invocation: &Invocation) -> String {
    let definition = invocation.definition.find_subcommand(CONFIG);
    let matches = invocation.matches.subcommand_matches(CONFIG);
    definition
        .zip(matches)
        .map(|(definition, matches)| config::report(definition, matches, &invocation.file))
        .unwrap_or_default()
}
