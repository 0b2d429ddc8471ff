//! `mina migrate adopt`: takes over the database of another program.
//!
//! The database is first compared with the data contract, without writing anything. `--apply` then
//! adds what is missing, in one transaction. Afterwards it is migrated as every other database is.
//!
//! - `catalog`: what the database has.
//! - `names`: which of its tables and columns are those of the contract.
//! - `compare`, `values`: the differences, in the structure and in rows.
//! - `report`: how they are printed.
//! - `apply`, `rebuild`: how they are removed.

mod apply;
mod catalog;
mod compare;
mod names;
mod rebuild;
mod report;
mod values;

use clap::{Args, ValueEnum};
use sea_orm::DatabaseConnection;

use self::{
    names::{Mapping, Names},
    report::{Level, Report},
};
use super::up;
use crate::{
    command_error::{CommandError, Outcome},
    config::DatabaseSettings,
    database::{self, MigrationLock, MissingFile, SchemaState},
    output,
};

/// Compare a database of another program with the data contract, and adopt it
///
/// Reports each difference between the database and the tables that Mina expects: what blocks
/// adoption, what `--apply` adds, and what may stay. Without `--apply` nothing is changed. With it,
/// missing tables, columns and indexes are added, and then the tables and triggers of Mina itself.
/// No row and no name is changed unless an option says so. The exit code is not 0 if something blocks
/// adoption. See docs/adoption.md.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mina migrate adopt --database-url sqlite:app.db
  mina migrate adopt --database-url sqlite:app.db --fix timestamps --apply
  mina migrate adopt --map people=user --map people.login=username --json")]
pub struct Adopt {
    /// Add what is missing
    #[arg(long)]
    apply: bool,

    /// Print the report as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    database: DatabaseSettings,
}

/// What may be changed beside adding what is missing. Without `--apply`, the report says what would
/// be left.
#[derive(Args, Debug, Default)]
pub struct Options {
    /// Rename a table or a column to its name in the contract, as `people=user` or
    /// `task.owner=created_by_id`. The other program has to be stopped
    #[arg(long, value_name = "NAME=CONTRACT")]
    map: Vec<Mapping>,

    /// Rename tables with plural names, such as `users`. The other program has to be stopped
    #[arg(long)]
    rename_tables: bool,

    /// Give foreign keys their ON DELETE, columns their NULL, and on SQLite tables their
    /// AUTOINCREMENT and defaults, by copying them. The other program has to be stopped
    #[arg(long)]
    rebuild: bool,

    /// Change values in rows: `enum-case` writes closed sets in lower case, `timestamps` writes the
    /// times of SQLite as Mina does
    #[arg(long, value_enum, value_name = "WHAT")]
    fix: Vec<Fix>,
}

/// Values that can be fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fix {
    /// Closed sets in another letter case.
    EnumCase,
    /// Times that are written in another format.
    Timestamps,
}

impl Options {
    fn fixes_case(&self) -> bool {
        self.fix.contains(&Fix::EnumCase)
    }

    fn fixes_times(&self) -> bool {
        self.fix.contains(&Fix::Timestamps)
    }

    /// Whether other programs would fail meanwhile.
    fn excludes_others(&self) -> bool {
        self.rebuild || self.rename_tables || !self.map.is_empty()
    }
}

/// The database cannot be adopted as it is.
#[derive(Debug, thiserror::Error)]
#[error("{0} {are} adoption", are = if *.0 == 1 { "difference blocks" } else { "differences block" })]
struct Blocked(usize);

impl CommandError for Blocked {
    fn hint(&self) -> Option<String> {
        Some(
            "fix them by hand or with the options in brackets; docs/adoption.md explains each"
                .to_owned(),
        )
    }
}

/// Reports, and adopts the database if that is asked for and nothing blocks it.
pub async fn run(arguments: Adopt) -> Outcome {
    let settings = &arguments.database;
    let options = &arguments.options;
    // A look does not switch a file to a write-ahead log.
    let database = database::connect_to_look(settings).await?;
    SchemaState::read(&database).await?.require_known()?;
    let (report, names) = compare(&database, options).await?;
    database.close().await?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&report).map_err(|it| Json(it.to_string()))?;
        output::line(&json)?;
    } else {
        output::print(&report.to_string())?;
    }
    let blocking = report.of(Level::Blocks).count();
    if blocking > 0 {
        return Err(Blocked(blocking).into());
    }
    if !arguments.apply {
        return Ok(());
    }
    let database = database::connect_migrator(settings, MissingFile::Fail).await?;
    let lock = MigrationLock::take(settings, &database).await?;
    apply::apply(&database, &names, options).await?;
    up(&database, !arguments.json).await?;
    apply::restore_triggers(&database).await?;
    database.close().await?;
    drop(lock);
    Ok(())
}

/// The report could not be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("cannot write JSON: {0}")]
struct Json(String);

impl CommandError for Json {}

async fn compare(
    database: &DatabaseConnection,
    options: &Options,
) -> Result<(Report, Names), sea_orm::DbErr> {
    let catalog = catalog::read(database).await?;
    let names = Names::new(&catalog, &options.map, options.rename_tables);
    let report = compare::compare(database, &catalog, &names, options).await?;
    Ok((report, names))
}
