//! Errors as the person at the terminal sees them.

use std::error::Error;

/// An error that ends a command: it says what is wrong, and where possible what to do.
pub trait Failure: Error + 'static {
    /// What the person can do about it.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// How a command ends.
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
