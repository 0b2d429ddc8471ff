//! Standard output of commands, for people and pipes.

use std::io::{self, Write};

use crate::command_error::CommandError;

/// Standard output cannot be written to.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub struct OutputError(io::Error);

impl CommandError for OutputError {}

/// Prints a text to standard output, without adding a line break.
///
/// A reader that closes the pipe has read enough, so that is not an error, where `println!` would
/// panic.
///
/// # Errors
/// If standard output cannot be written to for any other reason, such as a full disk.
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
/// Those of [`print()`].
pub fn line(text: &str) -> Result<(), OutputError> {
    print(&format!("{text}\n"))
}
