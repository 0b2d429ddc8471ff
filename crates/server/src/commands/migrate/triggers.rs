//! The triggers that `mina migrate check` looks for, with the functions and views that they need. They
//! are compared by what they do, because another one may have the same name.

use std::collections::{BTreeSet, HashMap};

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
    /// It does something else. The name of its table.
    Different(String),
}

impl Broken {
    /// What is wrong, such as `mina_task_place_insert is missing`.
    pub fn description(&self) -> String {
        let problem = match self.problem {
            Problem::Missing => "missing",
            Problem::Disabled(_) => "disabled",
            Problem::Different(_) => "different",
        };
        let kind = match kind(&self.expected) {
            "FUNCTION" => "the function ",
            _ => "",
        };
        format!("{kind}{} is {problem}", self.expected.name)
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
            "SELECT 'TRIGGER' AS kind, tgname::text AS name, tgenabled::text AS state,
                 pg_get_triggerdef(pg_trigger.oid, true) AS definition, tgrelid::regclass::text AS place
             FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
             WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace
             UNION ALL
             SELECT 'FUNCTION', proname::text, 'A', prosrc, '' FROM pg_proc
             WHERE pronamespace = current_schema()::regnamespace"
        }
        _ => {
            "SELECT upper(type) AS kind, name, 'A' AS state, sql AS definition, tbl_name AS place
             FROM sqlite_master
             WHERE type IN ('trigger', 'view')"
        }
    };
    let mut found = HashMap::new();
    let statement = Statement::from_string(backend, sql);
    for row in database.query_all_raw(statement).await? {
        let kind: String = row.try_get("", "kind")?;
        let name: String = row.try_get("", "name")?;
        let found_one = Found {
            state: row.try_get("", "state")?,
            definition: row.try_get("", "definition")?,
            table: row.try_get("", "place")?,
        };
        found.insert((kind, name), found_one);
    }
    let problem = |expected: &Definition| {
        let kind = kind(expected);
        let Some(found) = found.get(&(kind.to_owned(), expected.name.clone())) else {
            return Some(Problem::Missing);
        };
        let is_same = match (backend, kind) {
            (DbBackend::Postgres, "FUNCTION") => {
                let body = expected.sql.split("$$").nth(1);
                body.is_some_and(|body| body.trim() == found.definition.trim())
            }
            (DbBackend::Postgres, _) => words(&found.definition) == words(&expected.sql),
            _ => {
                let found = found.definition.split_whitespace();
                found.eq(expected.sql.split_whitespace())
            }
        };
        if !is_same {
            return Some(Problem::Different(found.table.clone()));
        }
        // Enabled for ordinary sessions, or for all.
        let is_enabled = ["O", "A"].contains(&&*found.state);
        (!is_enabled).then(|| Problem::Disabled(found.table.clone()))
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
    let mut replaces_functions = false;
    for Broken { expected, problem } in broken {
        let Definition { name, sql } = expected;
        let kind = kind(expected);
        let is_postgres = database.get_database_backend() == DbBackend::Postgres;
        let statements = match problem {
            _ if kind == "FUNCTION" => {
                replaces_functions = true;
                sql.replacen("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
            }
            Problem::Missing => sql.clone(),
            Problem::Disabled(table) => format!("ALTER TABLE {table} ENABLE TRIGGER {name}"),
            Problem::Different(table) if is_postgres => {
                format!("DROP TRIGGER {name} ON {table}; {sql}")
            }
            Problem::Different(_) => format!("DROP {kind} {name}; {sql}"),
        };
        transaction.execute_unprepared(&statements).await?;
    }
    if replaces_functions {
        for rights in migration::rights() {
            transaction.execute_unprepared(&rights).await?;
        }
    }
    transaction.commit().await
}

/// What is in the database under a name.
struct Found {
    state: String,
    definition: String,
    table: String,
}

/// The kind of a definition, as SQL has it.
fn kind(definition: &Definition) -> &'static str {
    let is = |kind: &str| definition.sql.starts_with(&format!("CREATE {kind}"));
    if is("VIEW") {
        "VIEW"
    } else if is("FUNCTION") || is("OR REPLACE FUNCTION") {
        "FUNCTION"
    } else {
        "TRIGGER"
    }
}

/// The words of a trigger, without their order. PostgreSQL shows a trigger in words of its own: rows are
/// compared column by column, with casts, and events are in another order.
fn words(sql: &str) -> BTreeSet<String> {
    let sql = sql
        .to_lowercase()
        .replace("::character varying", "")
        .replace("::text", "");
    sql.split(|c: char| c.is_whitespace() || ['(', ')', '"', ',', ';'].contains(&c))
        .filter(|word| !["", "row", "or"].contains(word))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_is_the_same_in_the_words_of_postgres() {
        let ours = "CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON \"user\" FOR EACH ROW
            WHEN ((OLD.a, OLD.b) IS DISTINCT FROM (NEW.a, NEW.b)) EXECUTE FUNCTION f('Task')";
        let found = "CREATE TRIGGER t AFTER INSERT OR DELETE OR UPDATE ON \"user\" FOR EACH ROW \
                     WHEN (old.a IS DISTINCT FROM new.a OR old.b::text IS DISTINCT FROM new.b::text) \
                     EXECUTE FUNCTION f('Task')";
        assert_eq!(words(ours), words(found));
        for other in [
            ours.replace("EACH ROW", "EACH STATEMENT"),
            ours.replace("AFTER", "BEFORE"),
            ours.replace("OLD.b", "OLD.c"),
            ours.replace("f('Task')", "g('Task')"),
        ] {
            assert_ne!(words(&other), words(found), "{other}");
        }
    }
}
