//! Adopts a database: adds what is missing, and changes what the options name, in one transaction.

use std::time::Duration;

use migration::Migrator;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::MigratorTrait;
use tokio::time::sleep;

use super::{
    Options,
    catalog::{self, Catalog, FoundTable, rows},
    names::Names,
    rebuild,
};
use crate::{
    command_error::CommandError,
    commands::migrate::triggers,
    database::{
        adopted,
        contract::{Column, Kind, TABLES, Table},
    },
};

/// Why a database could not be adopted.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Other programs would fail while tables are renamed or replaced.
    #[error("others are connected to the database: {0}")]
    InUse(i64),
    /// The database fails.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl CommandError for ApplyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::InUse(_) => {
                Some("stop the other programs while tables are renamed or rebuilt".to_owned())
            }
            Self::Database(_) => Some("nothing was changed".to_owned()),
        }
    }
}

/// Adopts the tables. The migrations that would create them are recorded as applied; the others are
/// left to the migrator.
///
/// # Errors
/// If others use the database, or it fails. Then nothing is changed.
pub async fn apply(
    database: &DatabaseConnection,
    names: &Names,
    options: &Options,
) -> Result<(), ApplyError> {
    let is_sqlite = database.get_database_backend() == DbBackend::Sqlite;
    if options.excludes_others() && !is_sqlite {
        exclude_others(database).await?;
    }
    if is_sqlite {
        // A table that is dropped must not take the rows with it that refer to it. This cannot be set
        // within a transaction.
        let settings = "PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 10000";
        database.execute_unprepared(settings).await?;
    }
    let begin = match (is_sqlite, options.excludes_others()) {
        (false, _) => "BEGIN; SET LOCAL lock_timeout = '10s'",
        (true, true) => "BEGIN EXCLUSIVE",
        (true, false) => "BEGIN IMMEDIATE",
    };
    database.execute_unprepared(begin).await?;
    let changed = change(database, names, options).await;
    let end = if changed.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    let ended = database.execute_unprepared(end).await;
    if is_sqlite {
        let restore = "PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF";
        database.execute_unprepared(restore).await?;
    }
    changed?;
    ended?;
    Ok(())
}

/// Creates the triggers again that were dropped with a table that was replaced.
///
/// # Errors
/// If the database fails.
pub async fn restore_triggers(database: &DatabaseConnection) -> Result<(), DbErr> {
    let broken = triggers::broken(database).await?;
    if broken.is_empty() {
        return Ok(());
    }
    triggers::fix(database, &broken).await
}

/// Waits a little for sessions that are just ending.
async fn exclude_others(database: &DatabaseConnection) -> Result<(), ApplyError> {
    let sql = "SELECT count(*) AS others FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_type = 'client backend'";
    let mut others: i64 = 0;
    for _ in 0..10 {
        let row = rows(database, sql).await?.into_iter().next();
        others = row.map_or(Ok(0), |row| row.try_get("", "others"))?;
        if others == 0 {
            return Ok(());
        }
        sleep(Duration::from_millis(200)).await;
    }
    Err(ApplyError::InUse(others))
}

async fn change(
    database: &DatabaseConnection,
    names: &Names,
    options: &Options,
) -> Result<(), DbErr> {
    for (found, table) in names.renamed_tables() {
        let sql = format!(r#"ALTER TABLE "{found}" RENAME TO "{table}""#);
        database.execute_unprepared(&sql).await?;
    }
    for (table, found, column) in names.renamed_columns() {
        let sql = format!(r#"ALTER TABLE "{table}" RENAME COLUMN "{found}" TO "{column}""#);
        database.execute_unprepared(&sql).await?;
    }
    let found = catalog::read(database).await?;
    for (table, found) in existing(&found) {
        for sql in missing_columns(table, found, database.get_database_backend()) {
            database.execute_unprepared(&sql).await?;
        }
    }
    if options.rebuild {
        let found = catalog::read(database).await?;
        for (table, found) in existing(&found) {
            rebuild::rebuild(database, table, found).await?;
        }
    }
    fix(database, options).await?;
    let found = catalog::read(database).await?;
    for sql in existing(&found).flat_map(|(table, it)| missing_indexes(table, it, &found)) {
        database.execute_unprepared(&sql).await?;
    }
    record(database, &found).await
}

/// The tables of the contract that there are, with their names in the contract.
fn existing(catalog: &Catalog) -> impl Iterator<Item = (&'static Table, &FoundTable)> {
    let tables = TABLES.iter();
    tables.filter_map(|table| Some((table, catalog.get(table.name)?)))
}

/// Adds columns. Existing rows get the default of the contract, except for times: when such a row was
/// created is not known.
fn missing_columns(table: &Table, found: &FoundTable, backend: DbBackend) -> Vec<String> {
    let missing = table.columns.iter();
    let missing = missing.filter(|column| found.column(column.name).is_none());
    missing
        .flat_map(|column| {
            let (table, name) = (table.name, column.name);
            let definition = definition(column, backend);
            let add = format!(r#"ALTER TABLE "{table}" ADD COLUMN {definition}"#);
            let now = (is_time_of_row(column) && backend == DbBackend::Postgres).then(|| {
                format!(
                    r#"ALTER TABLE "{table}" ALTER COLUMN "{name}" SET DEFAULT timezone('utc', now())"#
                )
            });
            [Some(add), now].into_iter().flatten()
        })
        .collect()
}

/// Whether the default of a column is the time of the insert.
pub fn is_time_of_row(column: &Column) -> bool {
    column.kind == Kind::Time && ["created_at", "updated_at"].contains(&column.name)
}

/// A new column.
fn definition(column: &Column, backend: DbBackend) -> String {
    let mut sql = format!(r#""{}" {}"#, column.name, column.kind.sql(backend));
    if let Some(default) = column.default {
        sql.push_str(" DEFAULT ");
        sql.push_str(default);
    }
    // SQLite adds a column with a default and a foreign key only if the default is NULL, which it is
    // for all of these.
    if let Some(target) = column.target {
        let on_delete = column.on_delete.sql();
        let reference = format!(r#" REFERENCES "{target}" (id) ON DELETE {on_delete}"#);
        sql.push_str(&reference);
    }
    sql
}

fn missing_indexes(table: &Table, found: &FoundTable, catalog: &Catalog) -> Vec<String> {
    let names: Vec<&str> = catalog
        .values()
        .flat_map(|table| table.indexes.iter().map(|index| &*index.name))
        .collect();
    let is_there = |terms: &str, is_unique: bool| {
        found
            .indexes
            .iter()
            .any(|index| index.terms.replace('"', "") == terms && (index.is_unique || !is_unique))
    };
    let missing = table.indexes.iter();
    let missing = missing.filter(|(terms, is_unique)| !is_there(terms, *is_unique));
    missing
        .map(|(terms, is_unique)| {
            let (prefix, unique) = if *is_unique {
                ("uq", "UNIQUE ")
            } else {
                ("ix", "")
            };
            let columns = terms.replace(" DESC", "").replace(", ", "_");
            let mut name = format!("{prefix}_{}_{columns}", table.name);
            while names.contains(&&*name) {
                name.push_str("_mina");
            }
            format!(
                r#"CREATE {unique}INDEX "{name}" ON "{}" ({terms})"#,
                table.name
            )
        })
        .collect()
}

/// Changes the values that the options name.
async fn fix(database: &DatabaseConnection, options: &Options) -> Result<(), DbErr> {
    let found = catalog::read(database).await?;
    for (table, _) in existing(&found) {
        for column in table.columns {
            let (table, name) = (table.name, column.name);
            let (value, condition) = if options.fixes_case() && !column.values.is_empty() {
                let values: Vec<String> =
                    column.values.iter().map(|it| format!("'{it}'")).collect();
                let values = values.join(", ");
                let lower = format!(r#"lower("{name}")"#);
                let is_other = format!(r#""{name}" NOT IN ({values}) AND {lower} IN ({values})"#);
                (lower, is_other)
            } else if options.fixes_times()
                && column.kind == Kind::Time
                && database.get_database_backend() == DbBackend::Sqlite
            {
                let normalized = migration::normalized_time(&format!(r#""{name}""#));
                let is_other = format!(r#""{name}" IS NOT NULL AND "{name}" IS NOT {normalized}"#);
                (normalized, is_other)
            } else {
                continue;
            };
            let sql = format!(r#"UPDATE "{table}" SET "{name}" = {value} WHERE {condition}"#);
            database.execute_unprepared(&sql).await?;
        }
    }
    Ok(())
}

/// Records the migrations that would create the tables that there are.
async fn record(database: &DatabaseConnection, catalog: &Catalog) -> Result<(), DbErr> {
    Migrator::install(database).await?;
    let migrations = Migrator::migration_table_name().to_string();
    let applied = rows(database, &format!("SELECT version FROM {migrations}")).await?;
    let applied: Vec<String> = applied
        .iter()
        .map(|row| row.try_get("", "version"))
        .collect::<Result<_, _>>()?;
    let now = chrono::Utc::now().timestamp();
    for (Table { step, .. }, _) in existing(catalog) {
        if applied.iter().any(|version| version == step) {
            continue;
        }
        let sql =
            format!("INSERT INTO {migrations} (version, applied_at) VALUES ('{step}', {now})");
        database.execute_unprepared(&sql).await?;
        adopted::record(database, step).await?;
    }
    Ok(())
}
