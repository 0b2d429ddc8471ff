//! `mina migrate check`: compares the places of rows with what they should be.

use std::fmt::Display;

use clap::Args;
use sea_orm::DatabaseConnection;

use super::{
    places::{Problem, TABLES},
    triggers,
};
use crate::{
    command_error::{CommandError, Outcome},
    config::DatabaseSettings,
    database::{self, MissingFile, SchemaState},
    output,
};

/// Check that each row is in its workspace, and fix what is not
///
/// Lists are read from tables named `mina_…_place`, which say in which workspace each task, analysis,
/// session, marker and participant is. Triggers maintain them. They are wrong if triggers did not run, for example
/// because they were disabled while data was restored or replicated, or because another program
/// replaced a table on SQLite by a copy without them. So the triggers are checked too. On PostgreSQL,
/// a row that is added under REPEATABLE READ can lack its workspace if a row that it depends on was
/// added at the same time. The server can run meanwhile. The exit code is not 0 if something is wrong
/// and was not fixed.
#[derive(Args, Debug)]
pub struct Check {
    /// Fix what is wrong
    #[arg(long)]
    fix: bool,

    #[command(flatten)]
    database: DatabaseSettings,
}

/// Triggers or places are wrong, and were not fixed.
#[derive(Debug, thiserror::Error)]
#[error("{} wrong", are(*.triggers, *.places))]
struct Wrong {
    triggers: usize,
    places: usize,
}

impl CommandError for Wrong {
    fn hint(&self) -> Option<String> {
        Some("run `mina migrate check --fix`".to_owned())
    }
}

/// The subject of the sentence, such as `1 trigger and 3 places are`.
fn are(triggers: usize, places: usize) -> String {
    let count = |count: usize, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{count} {noun}s")),
    };
    let counts: Vec<String> = [count(triggers, "trigger"), count(places, "place")]
        .into_iter()
        .flatten()
        .collect();
    let verb = if triggers + places == 1 { "is" } else { "are" };
    format!("{} {verb}", counts.join(" and "))
}

/// Checks the triggers, and then one slice of a table at a time, so that nobody waits for long.
pub async fn run(arguments: Check) -> Outcome {
    // A look does not write to a file of another program.
    let mut database = database::connect_to_look(&arguments.database).await?;
    SchemaState::read(&database).await?.require_current()?;
    if arguments.fix {
        database.close().await?;
        database = database::connect_migrator(&arguments.database, MissingFile::Fail).await?;
    }
    let wrong = Wrong {
        triggers: check_triggers(&database, arguments.fix).await?,
        places: check_places(&database, arguments.fix).await?,
    };
    database.close().await?;
    if wrong.triggers + wrong.places > 0 && !arguments.fix {
        return Err(wrong.into());
    }
    Ok(())
}

/// Prints a line about the triggers, and returns how many are wrong.
async fn check_triggers(
    database: &DatabaseConnection,
    fix: bool,
) -> Result<usize, Box<dyn CommandError>> {
    let broken = triggers::broken(database).await?;
    if fix && !broken.is_empty() {
        triggers::fix(database, &broken).await?;
    }
    let descriptions: Vec<String> = broken.iter().map(triggers::Broken::description).collect();
    let checked = triggers::expected(database).len();
    output::line(&line("triggers", checked, &descriptions, broken.len(), fix))?;
    Ok(broken.len())
}

/// Prints a line about each table, and returns how many places are wrong.
async fn check_places(
    database: &DatabaseConnection,
    fix: bool,
) -> Result<usize, Box<dyn CommandError>> {
    let mut wrong = 0;
    for table in &TABLES {
        let mut checked = 0;
        let mut found = Vec::new();
        let mut after = i32::MIN;
        while let Some(slice) = table.slice(database, after).await? {
            let problems = table.problems(database, after, slice.last).await?;
            if fix && !problems.is_empty() {
                let ids: Vec<i32> = problems.iter().map(|(id, _)| *id).collect();
                table.fix(database, &ids).await?;
            }
            found.extend(problems.into_iter().map(|(_, problem)| problem));
            checked += slice.count;
            after = slice.last;
        }
        wrong += found.len();
        output::line(&summary(table.rows, checked, &found, fix))?;
    }
    Ok(wrong)
}

/// The line about one table, such as `task: 120 checked, 2 wrong: 1 missing, 1 misplaced`.
fn summary(rows: &str, checked: i64, found: &[Problem], fixed: bool) -> String {
    let counts: Vec<String> = Problem::ALL
        .into_iter()
        .map(|problem| (problem, found.iter().filter(|it| **it == problem).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(problem, count)| format!("{count} {}", problem.description()))
        .collect();
    line(rows, checked, &counts, found.len(), fixed)
}

/// A line of the report.
fn line(
    what: &str,
    checked: impl Display,
    problems: &[String],
    wrong: usize,
    fixed: bool,
) -> String {
    if problems.is_empty() {
        return format!("{what}: {checked} checked, none wrong");
    }
    let verb = if fixed { "fixed" } else { "wrong" };
    let problems = problems.join(", ");
    format!("{what}: {checked} checked, {wrong} {verb}: {problems}")
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
        let wrong = |triggers, places| Wrong { triggers, places }.to_string();
        assert_eq!(wrong(0, 1), "1 place is wrong");
        assert_eq!(wrong(2, 0), "2 triggers are wrong");
        assert_eq!(wrong(1, 3), "1 trigger and 3 places are wrong");
    }
}
