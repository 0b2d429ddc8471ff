//! Errors as they are displayed at the terminal.

use std::error::Error;

/// An error that ends a command. It says what is wrong and, if possible, what to do.
pub trait Failure: Error + 'static {
    /// What the user can do about it.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// The result of a command.
pub type Outcome = Result<(), Box<dyn Failure>>;

impl<E: Failure> From<E> for Box<dyn Failure> {
    fn from(error: E) -> Self {
        Box::new(error)
    }
}

impl Failure for sea_orm::DbErr {}

impl Failure for clap::Error {}

impl Failure for metrics_exporter_prometheus::BuildError {}

/// Prints an error and its hint to standard error.
pub fn print(failure: &dyn Failure) {
    eprintln!("error: {failure}");
    if let Some(hint) = failure.hint() {
        eprintln!("hint: {hint}");
    }
}
