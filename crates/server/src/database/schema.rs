//! The migrations that a database has applied, compared with those of this binary.

use chrono::{DateTime, Utc};
use migration::Migrator;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, Statement,
    sea_query::{Alias, Order, Query},
};
use sea_orm_migration::MigratorTrait;

use super::contract::TABLES;
use crate::command_error::CommandError;

/// The migrations of this binary, and those recorded in a database.
#[derive(Debug)]
pub struct SchemaState {
    /// The migrations of this binary, oldest first.
    pub migrations: Vec<Migration>,
    /// Migrations recorded in the database that this binary does not have.
    pub unknown: Vec<String>,
    /// Tables that are there, but were created by another program: all of them if no migration is
    /// applied, and those with names of the data contract otherwise.
    pub foreign: Vec<String>,
}

/// A migration of this binary.
#[derive(Debug)]
pub struct Migration {
    /// Its name.
    pub name: String,
    /// When it was applied, if it was.
    pub applied_at: Option<DateTime<Utc>>,
}

/// Why a database cannot be used with this binary.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Migrations are pending.
    #[error("the database is older than this mina: {} pending, {pending} first", count_of(*count))]
    Behind {
        /// How many are pending.
        count: usize,
        /// The oldest of them.
        pending: String,
    },
    /// The database has migrations of a newer binary.
    #[error("the database is newer than this mina, which does not know its migration {unknown}")]
    Ahead {
        /// The first unknown migration.
        unknown: String,
    },
    /// The tables were created by another program.
    #[error("the database has tables that mina did not create: {}", tables.join(", "))]
    Foreign {
        /// Their names.
        tables: Vec<String>,
    },
}

impl CommandError for SchemaError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Behind { .. } => "run `mina migrate up`",
            Self::Ahead { .. } => "use the mina that last migrated it, or a newer one",
            Self::Foreign { .. } => {
                "run `mina migrate adopt` to see what separates them from those that mina needs"
            }
        };
        Some(hint.to_owned())
    }
}

fn count_of(count: usize) -> String {
    match count {
        1 => "1 migration is".to_owned(),
        _ => format!("{count} migrations are"),
    }
}

impl SchemaState {
    /// Reads the migrations recorded in a database, without writing anything.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn read(database: &impl ConnectionTrait) -> Result<Self, DbErr> {
        // Before the migrations, so that a table that one of them creates meanwhile is not foreign.
        let mut foreign = tables(database).await?;
        let mut recorded = recorded(database).await?;
        let migrations: Vec<Migration> = Migrator::migrations()
            .into_iter()
            .map(|migration| {
                let name = migration.name().to_owned();
                let position = recorded.iter().position(|(version, _)| *version == name);
                let applied_at = position.map(|position| recorded.remove(position).1);
                Migration { name, applied_at }
            })
            .collect();
        let unknown: Vec<String> = recorded.into_iter().map(|(version, _)| version).collect();
        if migrations.iter().any(|it| it.applied_at.is_some()) || !unknown.is_empty() {
            foreign.retain(|name| {
                let table = TABLES.iter().find(|it| it.name == name);
                let step = table.and_then(|it| migrations.iter().find(|step| step.name == it.step));
                step.is_some_and(|it| it.applied_at.is_none())
            });
        }
        Ok(Self {
            migrations,
            unknown,
            foreign,
        })
    }

    /// The applied migrations, oldest first.
    pub fn applied(&self) -> impl DoubleEndedIterator<Item = &Migration> {
        self.migrations.iter().filter(|it| it.applied_at.is_some())
    }

    /// The pending migrations, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &Migration> {
        self.migrations.iter().filter(|it| it.applied_at.is_none())
    }

    /// Rejects a database that was migrated by a newer binary.
    ///
    /// # Errors
    /// If it has a migration that this binary does not know.
    pub fn require_known(&self) -> Result<(), SchemaError> {
        match self.unknown.first() {
            Some(unknown) => Err(SchemaError::Ahead {
                unknown: unknown.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Rejects a database whose tables another program created, and one that was migrated by a newer
    /// binary.
    ///
    /// # Errors
    /// If it has such tables, or a migration that this binary does not know.
    pub fn require_own(&self) -> Result<(), SchemaError> {
        self.require_known()?;
        if self.foreign.is_empty() {
            return Ok(());
        }
        Err(SchemaError::Foreign {
            tables: self.foreign.clone(),
        })
    }

    /// Rejects a database whose migrations are not those of this binary.
    ///
    /// # Errors
    /// If a migration is pending or unknown, or the tables are those of another program.
    pub fn require_current(&self) -> Result<(), SchemaError> {
        self.require_own()?;
        match self.pending().next() {
            Some(pending) => Err(SchemaError::Behind {
                count: self.pending().count(),
                pending: pending.name.clone(),
            }),
            None => Ok(()),
        }
    }
}

/// The recorded migrations, ordered by their names, which begin with dates.
///
/// The library's own function also creates its table, which a reader may not do.
async fn recorded(database: &impl ConnectionTrait) -> Result<Vec<(String, DateTime<Utc>)>, DbErr> {
    let table = Migrator::migration_table_name();
    if !has_table(database, &table.to_string()).await? {
        return Ok(Vec::new());
    }
    let version = Alias::new("version");
    let applied_at = Alias::new("applied_at");
    let select = Query::select()
        .columns([version.clone(), applied_at])
        .from(table)
        .order_by(version, Order::Asc)
        .take();
    database
        .query_all(&select)
        .await?
        .into_iter()
        .map(|row| {
            let seconds = row.try_get("", "applied_at")?;
            // Even with a time outside the calendar, the migration is applied.
            let time = DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH);
            Ok((row.try_get("", "version")?, time))
        })
        .collect()
}

/// The names of all tables and views, except those of the database, of its extensions, and the
/// server's own.
async fn tables(database: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let backend = database.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT relname::text AS name FROM pg_class \
             WHERE relnamespace = current_schema()::regnamespace \
             AND relkind IN ('r', 'p', 'v', 'm', 'f') \
             AND NOT EXISTS (SELECT 1 FROM pg_depend \
             WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e') \
             ORDER BY 1"
        }
        _ => {
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
             AND name NOT LIKE '\\_litestream\\_%' ESCAPE '\\' ORDER BY 1"
        }
    };
    let rows = database
        .query_all_raw(Statement::from_string(backend, sql))
        .await?;
    let names = rows.iter().map(|row| row.try_get::<String>("", "name"));
    let mut names = names.collect::<Result<Vec<_>, _>>()?;
    let own = Migrator::migration_table_name().to_string();
    names.retain(|name| !name.starts_with("mina_") && *name != own);
    Ok(names)
}

/// Whether the database has a table.
///
/// # Errors
/// If the database fails.
pub async fn has_table(database: &impl ConnectionTrait, name: &str) -> Result<bool, DbErr> {
    let backend = database.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT 1 FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = $1"
        }
        _ => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
    };
    let found = Statement::from_sql_and_values(backend, sql, [name.into()]);
    Ok(database.query_one_raw(found).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(applied: &[bool], unknown: &[&str]) -> SchemaState {
        let migrations = applied
            .iter()
            .enumerate()
            .map(|(number, applied)| Migration {
                name: format!("migration {number}"),
                applied_at: applied.then_some(DateTime::UNIX_EPOCH),
            });
        SchemaState {
            migrations: migrations.collect(),
            unknown: unknown.iter().map(ToString::to_string).collect(),
            foreign: Vec::new(),
        }
    }

    #[test]
    fn an_older_or_newer_database_is_rejected() {
        assert!(state(&[true, true], &[]).require_current().is_ok());
        assert_eq!(
            state(&[true, false], &[])
                .require_current()
                .unwrap_err()
                .to_string(),
            "the database is older than this mina: 1 migration is pending, migration 1 first"
        );
        assert!(matches!(
            state(&[true], &["migration 9"]).require_current().unwrap_err(),
            SchemaError::Ahead { unknown } if unknown == "migration 9"
        ));
    }
}
