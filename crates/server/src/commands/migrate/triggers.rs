//! The triggers that `mina migrate check` looks for.

use std::collections::HashMap;

use migration::Definition;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};

/// How long the fix of a trigger waits for those who write to the table. Others queue behind it.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '2s'";

/// A trigger that does not do its work, or on SQLite a view that triggers read.
pub struct Broken {
    expected: Definition,
    problem: Problem,
}

enum Problem {
    Missing,
    /// The name of the trigger's table.
    Disabled(String),
    /// It does something else.
    Different,
}

impl Broken {
    /// What is wrong, such as `mina_task_place_insert is missing`.
    pub fn description(&self) -> String {
        let problem = match self.problem {
            Problem::Missing => "missing",
            Problem::Disabled(_) => "disabled",
            Problem::Different => "different",
        };
        format!("{} is {problem}", self.expected.name)
    }
}

/// What there should be.
pub fn expected(database: &DatabaseConnection) -> Vec<Definition> {
    migration::triggers(database.get_database_backend())
}

/// What is broken.
///
/// # Errors
/// If the database fails.
pub async fn broken(database: &DatabaseConnection) -> Result<Vec<Broken>, DbErr> {
    let backend = database.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => {
            "SELECT tgname::text AS name, tgenabled::text AS state, tgrelid::regclass::text AS place
             FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
             WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
        }
        _ => {
            "SELECT name, sql AS state, tbl_name AS place FROM sqlite_master
             WHERE type IN ('trigger', 'view')"
        }
    };
    let mut found = HashMap::new();
    let statement = Statement::from_string(backend, sql);
    for row in database.query_all_raw(statement).await? {
        let name: String = row.try_get("", "name")?;
        let state: String = row.try_get("", "state")?;
        let table: String = row.try_get("", "place")?;
        found.insert(name, (state, table));
    }
    let problem = |expected: &Definition| {
        let Some((state, table)) = found.get(&expected.name) else {
            return Some(Problem::Missing);
        };
        if backend == DbBackend::Postgres {
            // Enabled for ordinary sessions, or for all.
            let is_enabled = ["O", "A"].contains(&&**state);
            return (!is_enabled).then(|| Problem::Disabled(table.clone()));
        }
        let is_same = state.split_whitespace().eq(expected.sql.split_whitespace());
        (!is_same).then_some(Problem::Different)
    };
    Ok(expected(database)
        .into_iter()
        .filter_map(|expected| problem(&expected).map(|problem| Broken { expected, problem }))
        .collect())
}

/// Enables or creates triggers.
///
/// # Errors
/// If the database fails. Then nothing is changed.
pub async fn fix(database: &DatabaseConnection, broken: &[Broken]) -> Result<(), DbErr> {
    let transaction = database.begin().await?;
    if database.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared(LOCK_TIMEOUT).await?;
    }
    for Broken { expected, problem } in broken {
        let Definition { name, sql } = expected;
        let kind = match sql.starts_with("CREATE VIEW") {
            true => "VIEW",
            false => "TRIGGER",
        };
        let statements = match problem {
            Problem::Missing => sql.clone(),
            Problem::Disabled(table) => format!("ALTER TABLE {table} ENABLE TRIGGER {name}"),
            Problem::Different => format!("DROP {kind} {name}; {sql}"),
        };
        transaction.execute_unprepared(&statements).await?;
    }
    transaction.commit().await
}
