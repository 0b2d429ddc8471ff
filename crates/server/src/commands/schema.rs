//! `mina schema`: prints the GraphQL schema, or compares it with a file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{
    command_error::{CommandError, Outcome},
    output,
};

/// Print the GraphQL schema, for tools that generate types from it
///
/// Needs no database, and no settings except those of the log.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mina schema > schema.graphql
  mina schema --write schema.graphql
  mina schema --check schema.graphql   # exit code 1 if the file is stale")]
pub struct Schema {
    /// Write the schema to this file instead
    #[arg(long, value_name = "PATH")]
    write: Option<PathBuf>,

    /// Compare this file with the schema, and fail if they differ
    #[arg(long, value_name = "PATH", conflicts_with = "write")]
    check: Option<PathBuf>,
}

/// Why a schema file could not be read, written or confirmed.
#[derive(Debug, thiserror::Error)]
enum SchemaFileError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error(
        "{} is stale: line {line} is {found} in the file and {expected} in the schema",
        path.display()
    )]
    Stale {
        path: PathBuf,
        line: usize,
        found: String,
        expected: String,
    },
}

impl CommandError for SchemaFileError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Stale { path, .. } => {
                Some(format!("run `mina schema --write {}`", path.display()))
            }
            _ => None,
        }
    }
}

/// Prints, writes or checks the schema.
pub fn run(arguments: Schema) -> Outcome {
    let sdl = mina_graphql::sdl();
    if let Some(path) = arguments.check {
        check(&path, &sdl)?;
    } else if let Some(path) = arguments.write {
        fs::write(&path, sdl).map_err(|source| SchemaFileError::Unwritable { path, source })?;
    } else {
        output::print(&sdl)?;
    }
    Ok(())
}

/// Compares line by line, so that a file with other line endings is not stale.
fn check(path: &Path, sdl: &str) -> Result<(), SchemaFileError> {
    let file = fs::read_to_string(path).map_err(|source| SchemaFileError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    match first_difference(&file, sdl) {
        None => Ok(()),
        Some(difference) => Err(SchemaFileError::Stale {
            path: path.to_owned(),
            line: difference.line,
            found: quoted(difference.one),
            expected: quoted(difference.other),
        }),
    }
}

/// A line in which two texts differ. It is absent in a text that has ended before it.
#[derive(Debug, PartialEq, Eq)]
struct Difference<'a> {
    /// Its number, counted from 1.
    line: usize,
    one: Option<&'a str>,
    other: Option<&'a str>,
}

/// The first line in which two texts differ.
fn first_difference<'a>(one: &'a str, other: &'a str) -> Option<Difference<'a>> {
    let (mut one, mut other) = (one.lines(), other.lines());
    let length = one.clone().count().max(other.clone().count());
    (1..=length)
        .map(|line| Difference {
            line,
            one: one.next(),
            other: other.next(),
        })
        .find(|it| it.one != it.other)
}

fn quoted(line: Option<&str>) -> String {
    match line {
        Some(line) => format!("`{line}`"),
        None => "missing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_found() {
        let difference = |line, one, other| Some(Difference { line, one, other });
        assert_eq!(first_difference("a\nb\n", "a\r\nb"), None);
        assert_eq!(
            first_difference("a\nb\n", "a\nc\n"),
            difference(2, Some("b"), Some("c"))
        );
        assert_eq!(
            first_difference("a\n", "a\nb\n"),
            difference(2, None, Some("b"))
        );
        assert_eq!(
            first_difference("a\nb\n", "a\n"),
            difference(2, Some("b"), None)
        );
    }
}
