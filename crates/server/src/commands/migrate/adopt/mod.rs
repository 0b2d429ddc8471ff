//! `mina migrate adopt`: takes over the database of another program.
//!
//! The database is first compared with the data contract, without writing anything. `--apply` then
//! adds what is missing, in one transaction. Afterwards it is migrated as every other database is.
//!
//! - `catalog`: what the database has.
//! - `names`: which of its tables and columns are those of the contract.
//! - `compare`, `values`, `needs`: the differences, in the structure and in rows.
//! - `report`: how they are printed.
//! - `apply`, `rebuild`, `ddl`, `types`: how they are removed.

mod apply;
mod catalog;
mod compare;
mod ddl;
mod names;
mod needs;
mod rebuild;
mod report;
mod types;
mod values;

use clap::{Args, ValueEnum};
use sea_orm::DatabaseConnection;

use self::{
    apply::ApplyError,
    names::{Mapping, Names},
    needs::Taken,
    report::{Level, Report},
};
use super::{locked::MigrationError, up};
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

    /// Change what `--apply` does not change by itself: `enum-case` writes closed sets in lower case,
    /// `timestamps` writes the times of SQLite as Mina does, `types` converts enums, UUIDs, 64-bit
    /// integers and times with time zones of PostgreSQL, `ids` numbers new rows of PostgreSQL,
    /// `index-names` renames indexes whose names Mina needs, `orphans` moves rows without a parent
    /// that Mina needs into tables of their own. The other program has to be stopped for `types`
    #[arg(long, value_enum, value_name = "WHAT")]
    fix: Vec<Fix>,
}

/// What can be fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fix {
    /// Closed sets in another letter case.
    EnumCase,
    /// Times that are written in another format.
    Timestamps,
    /// Types of columns on PostgreSQL that hold the same values.
    Types,
    /// Ids of PostgreSQL that have no default, or a sequence that is behind.
    Ids,
    /// Indexes with names that Mina needs.
    IndexNames,
    /// Rows without a value where Mina needs the id of another row.
    Orphans,
}

impl Options {
    fn fixes_case(&self) -> bool {
        self.fix.contains(&Fix::EnumCase)
    }

    fn fixes_times(&self) -> bool {
        self.fix.contains(&Fix::Timestamps)
    }

    fn fixes_types(&self) -> bool {
        self.fix.contains(&Fix::Types)
    }

    fn fixes_ids(&self) -> bool {
        self.fix.contains(&Fix::Ids)
    }

    fn fixes_names(&self) -> bool {
        self.fix.contains(&Fix::IndexNames)
    }

    fn fixes_orphans(&self) -> bool {
        self.fix.contains(&Fix::Orphans)
    }

    /// Whether other programs would fail meanwhile.
    fn excludes_others(&self) -> bool {
        self.rebuild || self.rename_tables || self.fixes_types() || !self.map.is_empty()
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
    let state = SchemaState::read(&database).await?;
    state.require_known()?;
    let pending: Vec<String> = state.pending().map(|it| it.name.clone()).collect();
    let (report, plan) = compare(&database, &pending, options).await?;
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
    let lock = MigrationLock::take(settings).await?;
    if let Err(error) = apply::apply(&database, &plan, options).await {
        return Err(match error {
            ApplyError::Database(error) => MigrationError::of(error, &database).await.into(),
            in_use @ ApplyError::InUse(_) => in_use.into(),
        });
    }
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

/// What was found, as far as it has to be changed.
pub struct Plan {
    names: Names,
    taken: Vec<Taken>,
}

async fn compare(
    database: &DatabaseConnection,
    pending: &[String],
    options: &Options,
) -> Result<(Report, Plan), sea_orm::DbErr> {
    let catalog = catalog::read(database).await?;
    let names = Names::new(&catalog, &options.map, options.rename_tables);
    let mut report = compare::compare(database, &catalog, &names, options).await?;
    let (findings, taken) =
        needs::taken_names(database, &catalog, pending, &names, options).await?;
    report.differences.extend(findings);
    let schema = needs::other_schema(database, &catalog).await?;
    report.differences.extend(schema);
    report.differences.sort_by_key(|finding| finding.level);
    Ok((report, Plan { names, taken }))
}
