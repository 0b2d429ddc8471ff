//! `mina schema`: the GraphQL schema as a file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{
    failure::{Failure, Outcome},
    output,
};

/// Print the GraphQL schema, for tools that generate types from it
///
/// Needs neither a database nor a setting.
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

/// Why the schema file is not as it should be.
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

impl Failure for SchemaFileError {
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

/// Compares line by line, so that a checkout with other line endings is not stale.
fn check(path: &Path, sdl: &str) -> Result<(), SchemaFileError> {
    let file = fs::read_to_string(path).map_err(|source| SchemaFileError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    match first_difference(&file, sdl) {
        None => Ok(()),
        Some((line, found, expected)) => Err(SchemaFileError::Stale {
            path: path.to_owned(),
            line,
            found: quoted(found),
            expected: quoted(expected),
        }),
    }
}

/// The first line (counted from 1) in which two texts differ, and that line of each.
fn first_difference<'a>(
    one: &'a str,
    other: &'a str,
) -> Option<(usize, Option<&'a str>, Option<&'a str>)> {
    let (mut one, mut other) = (one.lines(), other.lines());
    let length = one.clone().count().max(other.clone().count());
    (1..=length)
        .map(|line| (line, one.next(), other.next()))
        .find(|(_, one, other)| one != other)
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
        assert_eq!(first_difference("a\nb\n", "a\r\nb"), None);
        assert_eq!(
            first_difference("a\nb\n", "a\nc\n"),
            Some((2, Some("b"), Some("c")))
        );
        assert_eq!(
            first_difference("a\n", "a\nb\n"),
            Some((2, None, Some("b")))
        );
        assert_eq!(
            first_difference("a\nb\n", "a\n"),
            Some((2, Some("b"), None))
        );
    }
}
