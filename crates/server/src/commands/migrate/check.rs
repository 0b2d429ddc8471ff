//! `mina migrate check`: compares the places of rows with what they should be.

use clap::Args;

use super::places::{Problem, TABLES};
use crate::{
    command_error::{CommandError, Outcome},
    config::DatabaseSettings,
    database::{self, MissingFile, SchemaState},
    output,
};

/// Check that each row is in its workspace, and fix what is not
///
/// Lists are read from tables named `mina_…_place`, which say in which workspace each task, analysis,
/// session and marker is. Triggers maintain them. They can be wrong only if triggers did not run: for
/// example, if they were disabled while data was restored or replicated, or on PostgreSQL if rows
/// were moved under REPEATABLE READ. The server can run meanwhile. The exit code is not 0 if something
/// is wrong and was not fixed.
#[derive(Args, Debug)]
pub struct Check {
    /// Fix what is wrong
    #[arg(long)]
    fix: bool,

    #[command(flatten)]
    database: DatabaseSettings,
}

/// Places are wrong, and were not fixed.
#[derive(Debug, thiserror::Error)]
#[error("{} wrong", places_are(*.0))]
struct WrongPlaces(usize);

impl CommandError for WrongPlaces {
    fn hint(&self) -> Option<String> {
        Some("run `mina migrate check --fix`".to_owned())
    }
}

fn places_are(count: usize) -> String {
    match count {
        1 => "1 place is".to_owned(),
        _ => format!("{count} places are"),
    }
}

/// Checks one slice of a table at a time, so that nobody waits for long.
pub async fn run(arguments: Check) -> Outcome {
    let database = database::connect_migrator(&arguments.database, MissingFile::Fail).await?;
    SchemaState::read(&database).await?.require_current()?;
    let mut wrong = 0;
    for table in &TABLES {
        let mut checked = 0;
        let mut found = Vec::new();
        let mut after = i32::MIN;
        while let Some(slice) = table.slice(&database, after).await? {
            let problems = table.problems(&database, after, slice.last).await?;
            if arguments.fix && !problems.is_empty() {
                let ids: Vec<i32> = problems.iter().map(|(id, _)| *id).collect();
                table.fix(&database, &ids).await?;
            }
            found.extend(problems.into_iter().map(|(_, problem)| problem));
            checked += slice.count;
            after = slice.last;
        }
        wrong += found.len();
        output::line(&summary(table.rows, checked, &found, arguments.fix))?;
    }
    database.close().await?;
    if wrong > 0 && !arguments.fix {
        return Err(WrongPlaces(wrong).into());
    }
    Ok(())
}

/// The line about one table, such as `task: 120 checked, 2 wrong: 1 missing, 1 misplaced`.
fn summary(rows: &str, checked: i64, found: &[Problem], fixed: bool) -> String {
    if found.is_empty() {
        return format!("{rows}: {checked} checked, none wrong");
    }
    let counts: Vec<String> = Problem::ALL
        .into_iter()
        .map(|problem| (problem, found.iter().filter(|it| **it == problem).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(problem, count)| format!("{count} {}", problem.description()))
        .collect();
    let verb = if fixed { "fixed" } else { "wrong" };
    format!(
        "{rows}: {checked} checked, {} {verb}: {}",
        found.len(),
        counts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_counted_by_kind() {
        let found = [Problem::Misplaced, Problem::Missing, Problem::Misplaced];
        assert_eq!(
            summary("task", 120, &found, false),
            "task: 120 checked, 3 wrong: 1 without a place, 2 in another workspace"
        );
        assert_eq!(
            summary("task", 120, &found[..1], true),
            "task: 120 checked, 1 fixed: 1 in another workspace"
        );
        assert_eq!(summary("task", 0, &[], true), "task: 0 checked, none wrong");
        assert_eq!(WrongPlaces(1).to_string(), "1 place is wrong");
    }
}
