//! `mina doctor`: checks the settings, the files and the database, and changes nothing.

mod backups;
mod clock;
mod connections;
mod database;
mod files;
mod journal;
mod report;
mod settings;

use clap::Args;
use sea_orm::DatabaseConnection;

use self::report::{Check, Report, Verdict};
use crate::{
    command_error::Outcome,
    config::{Settings, SettingsFile},
    database::{ConnectError, connect_to_look},
    output,
};

/// Check the settings, the files and the database
///
/// Checks the settings as `mina serve` uses them, who can read the files with secrets, the database and
/// its version, pending migrations, the clock, the limits on connections, the triggers, the places of
/// rows, the journal and the age of the backups. Nothing is changed, and the server can run meanwhile.
/// Run it as the user that the server runs as, with the same settings.
#[derive(Args, Debug)]
#[command(after_help = "\
The exit code is 0 if nothing is wrong, 1 if there are only warnings, and 2 if a check failed.

Examples:
  mina doctor --config /etc/mina/mina.toml
  mina doctor --json --skip places,journal   # these two read all rows")]
pub struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Leave out these checks, separated by commas
    #[arg(long, value_name = "CHECKS", value_delimiter = ',')]
    skip: Vec<Check>,

    #[command(flatten)]
    settings: Settings,
}

/// Runs all checks, prints what they found, and fails if something is wrong.
pub async fn run(arguments: Doctor, file: &SettingsFile) -> Outcome {
    let settings = &arguments.settings;
    let mut report = Report::without(arguments.skip);
    report
        .add(Check::Settings, async || settings::check(settings))
        .await;
    report
        .add(Check::Files, async || files::check(settings, file))
        .await;
    match connect_to_look(&settings.database).await {
        Ok(database) => {
            check_database(settings, &database, &mut report).await;
            // It is only read from, so nothing is lost if closing it fails.
            let _ = database.close().await;
        }
        Err(error) => {
            let verdict = match &error {
                ConnectError::Pooler { server } => Verdict::warning(
                    format!("{server} is a connection pooler, behind which little can be checked"),
                    "run `mina doctor` with the address of PostgreSQL itself",
                ),
                _ => Verdict::failed(&error),
            };
            report.add(Check::Database, async || vec![verdict]).await;
            report.omit(&Check::OF_THE_DATABASE, "the database cannot be asked");
        }
    }
    report
        .add(Check::Backups, async || backups::check_folder(settings))
        .await;
    output::print(&if arguments.json {
        report.json()
    } else {
        report.text()
    })?;
    report.outcome()
}

async fn check_database(settings: &Settings, database: &DatabaseConnection, report: &mut Report) {
    report
        .add(Check::Database, async || database::version(database).await)
        .await;
    report
        .add(Check::Clock, async || clock::check(database).await)
        .await;
    report
        .add(Check::Connections, async || {
            connections::check(&settings.database, database).await
        })
        .await;
    report
        .add(Check::Archive, async || {
            backups::check_archive(database).await
        })
        .await;
    let schema = database::schema(database).await;
    let is_current = schema.is_ok();
    report
        .add(Check::Schema, async || {
            vec![schema.unwrap_or_else(|verdict| verdict)]
        })
        .await;
    if !is_current {
        report.omit(&Check::OF_THE_SCHEMA, "the schema is not that of this mina");
        return;
    }
    report
        .add(Check::Triggers, async || database::triggers(database).await)
        .await;
    report
        .add(Check::Places, async || database::places(database).await)
        .await;
    report
        .add(Check::Journal, async || journal::check(database).await)
        .await;
}
