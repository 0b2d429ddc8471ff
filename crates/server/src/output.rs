//! What commands print for people and pipes.

use std::io::{self, Write};

use crate::failure::Failure;

/// Standard output is gone.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub struct OutputError(io::Error);

impl Failure for OutputError {}

/// Prints a text as it is to standard output.
///
/// A reader that has closed its end has seen what it wanted, so that is no error; `println!`
/// would panic.
///
/// # Errors
/// If standard output cannot be written to for another reason, such as a full disk.
pub fn print(text: &str) -> Result<(), OutputError> {
    let mut output = io::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(OutputError(error)),
        _ => Ok(()),
    }
}

/// Prints a line to standard output.
///
/// # Errors
/// As [`print()`].
pub fn line(text: &str) -> Result<(), OutputError> {
    print(&format!("{text}\n"))
}
