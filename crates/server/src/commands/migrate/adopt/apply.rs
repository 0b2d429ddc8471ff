//! Adopts a database: adds what is missing, and changes what the options name, in one transaction.

use std::time::Duration;

use migration::Migrator;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::MigratorTrait;
use tokio::time::sleep;

use super::{
    Options, Plan,
    catalog::{self, Catalog, FoundTable, rows},
    needs::{self, Taken},
    rebuild, types, values,
};
use crate::{
    command_error::CommandError,
    commands::migrate::triggers,
    database::{
        LOCK_NAME, adopted,
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
    plan: &Plan,
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
    let changed = change(database, plan, options).await;
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
    let sql = format!(
        "SELECT count(*) AS others FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND backend_type = 'client backend' AND application_name <> '{LOCK_NAME}'"
    );
    let mut others: i64 = 0;
    for _ in 0..10 {
        let row = rows(database, &sql).await?.into_iter().next();
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
    Plan { names, taken }: &Plan,
    options: &Options,
) -> Result<(), DbErr> {
    if options.fixes_names() {
        for index in taken {
            rename_index(database, index).await?;
        }
    }
    for (found, table) in names.renamed_tables() {
        let sql = format!(r#"ALTER TABLE "{found}" RENAME TO "{table}""#);
        database.execute_unprepared(&sql).await?;
    }
    for (table, found, column) in names.renamed_columns() {
        let sql = format!(r#"ALTER TABLE "{table}" RENAME COLUMN "{found}" TO "{column}""#);
        database.execute_unprepared(&sql).await?;
    }
    let found = catalog::read(database).await?;
    if options.fixes_types() && database.get_database_backend() == DbBackend::Postgres {
        for (table, found) in existing(&found) {
            for sql in types::convert(table, found) {
                database.execute_unprepared(&sql).await?;
            }
        }
    }
    if options.fixes_orphans() {
        for (table, found) in existing(&found) {
            set_orphans_aside(database, table, found).await?;
        }
    }
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
    if options.fixes_ids() && database.get_database_backend() == DbBackend::Postgres {
        let found = catalog::read(database).await?;
        for (table, found) in existing(&found) {
            number_rows(database, table, found).await?;
        }
    }
    fix(database, options).await?;
    let found = catalog::read(database).await?;
    let relations = match database.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT relname::text AS name FROM pg_class
             WHERE relnamespace = current_schema()::regnamespace"
        }
        _ => "SELECT name FROM sqlite_master",
    };
    let relations = catalog::names(database, relations).await?;
    for sql in existing(&found).flat_map(|(table, it)| missing_indexes(table, it, &relations)) {
        database.execute_unprepared(&sql).await?;
    }
    record(database, &found).await
}

/// Gives an index another name.
async fn rename_index(database: &DatabaseConnection, index: &Taken) -> Result<(), DbErr> {
    let Taken { name, new_name } = index;
    if database.get_database_backend() == DbBackend::Postgres {
        let sql = format!(r#"ALTER INDEX "{name}" RENAME TO "{new_name}""#);
        return database.execute_unprepared(&sql).await.map(drop);
    }
    let sql =
        format!("SELECT sql AS name FROM sqlite_master WHERE type = 'index' AND name = '{name}'");
    for sql in catalog::names(database, &sql).await? {
        let upper = sql.to_ascii_uppercase();
        let on = upper.find(" ON ");
        let on = on.ok_or_else(|| DbErr::Custom(format!("cannot read the index {name}")))?;
        let unique = if upper.starts_with("CREATE UNIQUE") {
            "UNIQUE "
        } else {
            ""
        };
        let create = format!(r#"CREATE {unique}INDEX "{new_name}"{}"#, &sql[on..]);
        let drop = format!(r#"DROP INDEX "{name}""#);
        database.execute_unprepared(&drop).await?;
        database.execute_unprepared(&create).await?;
    }
    Ok(())
}

/// Moves rows into a table of their own that do not have the id of another row where Mina needs one.
async fn set_orphans_aside(
    database: &DatabaseConnection,
    table: &Table,
    found: &FoundTable,
) -> Result<(), DbErr> {
    let columns = table.columns.iter().filter(|column| {
        column.is_required && column.kind == Kind::Integer && found.column(column.name).is_some()
    });
    let backend = database.get_database_backend();
    let conditions: Vec<String> = columns
        .map(|column| values::orphan(&format!(r#""{}""#, column.name), backend))
        .collect();
    if conditions.is_empty() {
        return Ok(());
    }
    let (name, condition) = (table.name, conditions.join(" OR "));
    let count = format!(r#"SELECT count(*) AS total FROM "{name}" WHERE {condition}"#);
    let row = rows(database, &count).await?.into_iter().next();
    let total: i64 = row.map_or(Ok(0), |row| row.try_get("", "total"))?;
    if total == 0 {
        return Ok(());
    }
    for sql in [
        format!(r#"CREATE TABLE "set_aside_{name}" AS SELECT * FROM "{name}" WHERE {condition}"#),
        format!(r#"DELETE FROM "{name}" WHERE {condition}"#),
    ] {
        database.execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Lets PostgreSQL give new rows ids that no row has.
async fn number_rows(
    database: &DatabaseConnection,
    table: &Table,
    found: &FoundTable,
) -> Result<(), DbErr> {
    let name = table.name;
    let has_default = found.column("id").is_some_and(|id| id.default.is_some());
    let sequence = match &found.sequence {
        Some(sequence) => format!("'{}'", sequence.name.replace('\'', "''")),
        None if has_default => return Ok(()),
        None => {
            let sql = format!(
                r#"ALTER TABLE "{name}" ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY"#
            );
            database.execute_unprepared(&sql).await?;
            format!(r#"pg_get_serial_sequence('"{name}"', 'id')"#)
        }
    };
    let last = found.sequence.as_ref().map_or(0, |sequence| sequence.last);
    let sql = format!(
        r#"SELECT setval({sequence}, highest) FROM (SELECT max(id) AS highest FROM "{name}") AS rows
           WHERE highest > {last}"#
    );
    database.execute_unprepared(&sql).await.map(drop)
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

/// `taken` has the names of everything in the database.
fn missing_indexes(table: &Table, found: &FoundTable, taken: &[String]) -> Vec<String> {
    let is_there = |terms: &str, is_unique: bool| {
        found
            .indexes
            .iter()
            .any(|index| index.terms.replace('"', "") == terms && (index.is_unique || !is_unique))
    };
    let missing = table.indexes.iter().zip(needs::index_names(table));
    let missing = missing.filter(|((terms, is_unique), _)| !is_there(terms, *is_unique));
    missing
        .map(|((terms, is_unique), mut name)| {
            while taken.contains(&name) {
                name.push_str("_mina");
            }
            let unique = if *is_unique { "UNIQUE " } else { "" };
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
