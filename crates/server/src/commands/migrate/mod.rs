//! `mina migrate`: migrates the database to the schema of this binary, and back.

mod check;
mod places;
mod triggers;

use clap::{Args, Subcommand};
use migration::Migrator;
use sea_orm_migration::MigratorTrait;

use crate::{
    command_error::Outcome,
    config::{self, DatabaseSettings},
    database::{self, MissingFile, SchemaState},
    output,
};

/// Create, update or inspect the tables of the database
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  mina migrate up
  mina migrate status --database-url postgres://mina@localhost/mina
  mina migrate check --fix"
)]
pub struct Migrate {
    #[command(subcommand)]
    direction: Direction,
}

#[derive(Debug, Subcommand)]
enum Direction {
    /// Apply all pending migrations, and create a SQLite file if it does not exist
    Up {
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// Revert the latest migrations, and delete the data in the tables that they created
    Down {
        /// How many migrations to revert
        #[arg(
            long,
            value_name = "N",
            default_value_t = 1,
            value_parser = config::number(1..=u32::MAX)
        )]
        steps: u32,
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// List all migrations, and whether each is applied
    Status {
        #[command(flatten)]
        database: DatabaseSettings,
    },
    Check(check::Check),
}

/// Runs the chosen subcommand.
pub async fn run(arguments: Migrate) -> Outcome {
    match arguments.direction {
        Direction::Up { database } => up(&database).await,
        Direction::Down { steps, database } => down(&database, steps).await,
        Direction::Status { database } => status(&database).await,
        Direction::Check(arguments) => check::run(arguments).await,
    }
}

/// Applies one migration at a time, so that the output shows which succeeded if a later one fails.
async fn up(settings: &DatabaseSettings) -> Outcome {
    let database = database::connect_migrator(settings, MissingFile::Create).await?;
    let state = SchemaState::read(&database).await?;
    state.require_known()?;
    for migration in state.pending() {
        Migrator::up(&database, Some(1)).await?;
        output::line(&format!("applied {}", migration.name))?;
    }
    if state.pending().next().is_none() {
        output::line("nothing to apply: the schema is up to date")?;
    }
    database.close().await?;
    Ok(())
}

async fn down(settings: &DatabaseSettings, steps: u32) -> Outcome {
    let database = database::connect_migrator(settings, MissingFile::Fail).await?;
    let state = SchemaState::read(&database).await?;
    state.require_known()?;
    let mut applied = state.applied().rev().take(steps as usize).peekable();
    if applied.peek().is_none() {
        output::line("nothing to revert: no migration is applied")?;
    }
    for migration in applied {
        Migrator::down(&database, Some(1)).await?;
        output::line(&format!("reverted {}", migration.name))?;
    }
    database.close().await?;
    Ok(())
}

async fn status(settings: &DatabaseSettings) -> Outcome {
    let database = database::connect_migrator(settings, MissingFile::Fail).await?;
    let state = SchemaState::read(&database).await?;
    let width = state.migrations.iter().map(|it| it.name.len()).max();
    let width = width.unwrap_or_default();
    for migration in &state.migrations {
        let applied = match migration.applied_at {
            Some(time) => format!("applied {}", time.format("%Y-%m-%d %H:%M:%S UTC")),
            None => "pending".to_owned(),
        };
        output::line(&format!("{:width$}  {applied}", migration.name))?;
    }
    for name in &state.unknown {
        output::line(&format!("{name:width$}  applied by a newer mina"))?;
    }
    if state.migrations.is_empty() && state.unknown.is_empty() {
        output::line("there are no migrations")?;
    }
    database.close().await?;
    Ok(())
}
