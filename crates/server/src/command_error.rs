//! Errors as they are displayed at the terminal.

use std::error::Error;

/// An error that ends a command. It says what is wrong and, if possible, what to do.
pub trait CommandError: Error + 'static {
    /// What the user can do about it.
    fn hint(&self) -> Option<String> {
        None
    }

    /// The exit code of the process.
    fn exit_code(&self) -> u8 {
        1
    }
}

/// The result of a command.
pub type Outcome = Result<(), Box<dyn CommandError>>;

impl<E: CommandError> From<E> for Box<dyn CommandError> {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}

impl CommandError for sea_orm::DbErr {}

impl CommandError for clap::Error {}

impl CommandError for metrics_exporter_prometheus::BuildError {}

/// Prints an error and its hint to standard error.
pub fn print(error: &dyn CommandError) {
    eprintln!("error: {error}");
    if let Some(hint) = error.hint() {
        eprintln!("hint: {hint}");
    }
}
