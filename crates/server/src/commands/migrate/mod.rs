//! `mina migrate`: migrates the database to the schema of this binary, and back.

mod adopt;
mod check;
mod locked;
mod lost;
pub mod places;
pub mod triggers;

use clap::{Args, Subcommand};
use locked::MigrationError;
use migration::Migrator;
use sea_orm::DatabaseConnection;
use sea_orm_migration::MigratorTrait;

use crate::{
    command_error::{CommandError, Outcome},
    config::{self, DatabaseSettings, DatabaseUrl},
    database::{self, ConnectError, MigrationLock, MissingFile, SchemaState, adopted},
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
  mina migrate down --steps 2 --delete-data
  mina migrate adopt --database-url sqlite:app.db
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
    /// Revert the latest migrations
    ///
    /// If that deletes data, nothing is reverted, and the data is listed, unless --delete-data is given.
    Down {
        /// How many migrations to revert
        #[arg(
            long,
            value_name = "N",
            default_value_t = 1,
            value_parser = config::number(1..=u32::MAX)
        )]
        steps: u32,
        /// Delete the data in what the migrations created
        #[arg(long)]
        delete_data: bool,
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// List all migrations, and whether each is applied
    Status {
        #[command(flatten)]
        database: DatabaseSettings,
    },
    Adopt(adopt::Adopt),
    Check(check::Check),
}

/// Runs the chosen subcommand.
pub async fn run(arguments: Migrate) -> Outcome {
    match arguments.direction {
        Direction::Up { database } => migrate_up(&database).await,
        Direction::Down {
            steps,
            delete_data,
            database,
        } => down(&database, steps, delete_data).await,
        Direction::Status { database } => status(&database).await,
        Direction::Adopt(arguments) => adopt::run(arguments).await,
        Direction::Check(arguments) => check::run(arguments).await,
    }
}

/// Migrates a database, unless its tables belong to another program. In that case nothing is written,
/// not even the journal mode of a SQLite file.
async fn migrate_up(settings: &DatabaseSettings) -> Outcome {
    if let Some(database) = look_at_existing(settings).await? {
        if let Err(foreign) = SchemaState::read(&database).await?.require_own() {
            // The tables may be those of a migration that has not been recorded yet.
            let lock = MigrationLock::take(settings).await;
            let lock = lock.map_err(|_| foreign)?;
            SchemaState::read(&database).await?.require_own()?;
            database.close().await?;
            drop(lock);
        } else {
            database.close().await?;
        }
    }
    let database = database::connect_migrator(settings, MissingFile::Create).await?;
    let lock = MigrationLock::take(settings).await?;
    up(&database, true).await?;
    database.close().await?;
    drop(lock);
    Ok(())
}

/// Opens a database for looking. `None` if it is a SQLite file that does not exist yet.
async fn look_at_existing(
    settings: &DatabaseSettings,
) -> Result<Option<DatabaseConnection>, ConnectError> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(path) if !path.exists() => Ok(None),
        _ => database::connect_to_look(settings).await.map(Some),
    }
}

/// Applies one migration at a time, so that the output shows which succeeded if a later one fails.
async fn up(database: &DatabaseConnection, prints: bool) -> Outcome {
    let state = SchemaState::read(database).await?;
    state.require_own()?;
    let print = |text: &str| if prints { output::line(text) } else { Ok(()) };
    for migration in state.pending() {
        if let Err(error) = Migrator::up(database, Some(1)).await {
            return Err(MigrationError::of(error, database).await.into());
        }
        print(&format!("applied {}", migration.name))?;
    }
    if state.pending().next().is_none() {
        print("nothing to apply: the schema is up to date")?;
    }
    Ok(())
}

/// A migration whose tables belong to another program.
#[derive(Debug, thiserror::Error)]
#[error("{0} was not applied by mina: another program created its table")]
struct Adopted(String);

impl CommandError for Adopted {
    fn hint(&self) -> Option<String> {
        Some("the tables of the other program are kept; revert fewer steps".to_owned())
    }
}

/// Data that would be lost.
#[derive(Debug, thiserror::Error)]
#[error("reverting these migrations deletes data, so nothing was reverted:{0}")]
struct Loses(String);

impl CommandError for Loses {
    fn hint(&self) -> Option<String> {
        Some("back up the database, and add --delete-data".to_owned())
    }
}

async fn down(settings: &DatabaseSettings, steps: u32, delete_data: bool) -> Outcome {
    let database = database::connect_migrator(settings, MissingFile::Fail).await?;
    let lock = MigrationLock::take(settings).await?;
    let state = SchemaState::read(&database).await?;
    state.require_known()?;
    let adopted = adopted::steps(&database).await?;
    let mut reverted = Vec::new();
    for migration in state.applied().rev().take(steps as usize) {
        let lost = lost::with(&database, &migration.name).await?;
        reverted.push((&migration.name, lost));
        // Nothing beyond it is reverted.
        if adopted.contains(&migration.name) {
            break;
        }
    }
    if reverted.is_empty() {
        output::line("nothing to revert: no migration is applied")?;
    }
    let is_kept = |name: &String| adopted.contains(name);
    let lists = reverted.iter().filter(|(name, _)| !is_kept(name));
    let losses: Vec<String> = lists
        .filter(|(_, lost)| !lost.is_empty())
        .map(|(name, lost)| format!("\n{name}:{lost}"))
        .collect();
    if !losses.is_empty() && !delete_data {
        return Err(Loses(losses.concat()).into());
    }
    for (name, lost) in reverted {
        if is_kept(name) {
            return Err(Adopted(name.clone()).into());
        }
        if let Err(error) = Migrator::down(&database, Some(1)).await {
            return Err(MigrationError::of(error, &database).await.into());
        }
        output::line(&format!("reverted {name}{lost}"))?;
    }
    database.close().await?;
    drop(lock);
    Ok(())
}

async fn status(settings: &DatabaseSettings) -> Outcome {
    let database = database::connect_to_look(settings).await?;
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
    if !state.foreign.is_empty() {
        let tables = state.foreign.join(", ");
        output::line(&format!(
            "tables that mina did not create: {tables} (see `mina migrate adopt`)"
        ))?;
    }
    if state.migrations.is_empty() && state.unknown.is_empty() {
        output::line("there are no migrations")?;
    }
    database.close().await?;
    Ok(())
}
