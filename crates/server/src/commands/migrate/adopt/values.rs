//! Values that the data contract does not allow: how many rows of a column have them, and which.

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::{
    Options,
    catalog::rows,
    report::{Finding, Level},
};
use crate::database::contract::{Column, Kind};

/// How many ids are examples.
const EXAMPLES: usize = 5;

/// A column of the contract with its names in the database.
pub struct Place<'a> {
    pub table: &'a str,
    pub name: &'a str,
    pub column: &'a Column,
    /// The name of the table that the column refers to, if that exists.
    pub target: Option<&'a str>,
}

/// A kind of values, and what follows from them.
struct Check {
    level: Level,
    condition: String,
    message: String,
    option: Option<&'static str>,
}

impl Check {
    fn note(condition: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            level: Level::Notes,
            condition: condition.into(),
            message: message.into(),
            option: None,
        }
    }
}

/// The values of a column that the contract does not allow.
///
/// # Errors
/// If the database fails.
pub async fn check(
    database: &DatabaseConnection,
    place: &Place<'_>,
    options: &Options,
) -> Result<Vec<Finding>, DbErr> {
    let mut findings = Vec::new();
    for check in checks(place, database.get_database_backend(), options) {
        let table = place.table;
        let condition = check.condition;
        let sql = format!(
            r#"SELECT CAST(id AS bigint) AS id, count(*) OVER () AS total FROM "{table}" AS checked
               WHERE {condition} ORDER BY id LIMIT {EXAMPLES}"#
        );
        let found = rows(database, &sql).await?;
        let Some(first) = found.first() else { continue };
        let ids: Result<Vec<i64>, DbErr> = found.iter().map(|row| row.try_get("", "id")).collect();
        findings.push(Finding {
            rows: Some(first.try_get("", "total")?),
            ids: ids?,
            option: check.option,
            ..Finding::of_column(check.level, table, place.name, check.message)
        });
    }
    Ok(findings)
}

/// What the API shows for a value that cannot be read.
fn shown(column: &Column) -> String {
    match (column.kind, column.default) {
        (Kind::Boolean, _) => "false".to_owned(),
        (_, Some(default)) => default.trim_matches('\'').to_owned(),
        (_, None) if column.name == "type" => "question".to_owned(),
        (_, None) if ["created_at", "updated_at"].contains(&column.name) => {
            "the start of 1970".to_owned()
        }
        (_, None) => "null".to_owned(),
    }
}

fn checks(place: &Place<'_>, backend: DbBackend, options: &Options) -> Vec<Check> {
    let Place { name, column, .. } = place;
    let is_sqlite = backend == DbBackend::Sqlite;
    let value = format!(r#"checked."{name}""#);
    // The types of PostgreSQL may be others, such as an enum, which cannot be compared with all texts.
    let value = match column.kind {
        Kind::Varchar(_) | Kind::Text if !is_sqlite => format!("CAST({value} AS text)"),
        Kind::Float if !is_sqlite => format!("CAST({value} AS double precision)"),
        _ => value,
    };
    let shown = shown(column);
    let mut checks = first_checks(place, &value, backend, options);
    if !column.values.is_empty() {
        checks.extend(closed_set(&value, column.values, &shown, options));
        return checks;
    }
    let condition = match column.kind {
        Kind::Varchar(length) => {
            let message = format!("longer than {length} characters, and shown whole");
            checks.push(Check::note(format!("length({value}) > {length}"), message));
            return checks;
        }
        // Another check has found those in required columns.
        Kind::Integer if column.is_required => return checks,
        Kind::Integer if is_sqlite => format!(
            "typeof({value}) <> 'integer' OR {value} NOT BETWEEN -2147483648 AND 2147483647"
        ),
        Kind::Float if is_sqlite => format!(
            "typeof({value}) NOT IN ('integer', 'real') OR abs({value}) > 1.7976931348623157e308"
        ),
        Kind::Float => format!("{value} IN ('NaN', 'Infinity', '-Infinity')"),
        Kind::Boolean if is_sqlite => {
            format!("typeof({value}) <> 'integer' OR {value} NOT IN (0, 1)")
        }
        Kind::Json if is_sqlite => {
            format!("typeof({value}) NOT IN ('text', 'blob') OR NOT json_valid({value})")
        }
        Kind::Date if is_sqlite => {
            format!("typeof({value}) <> 'text' OR date({value}) IS NOT {value}")
        }
        Kind::Time if is_sqlite => {
            let normalized = migration::normalized_time(&value);
            if !options.fixes_times() {
                checks.push(Check {
                    level: Level::Blocks,
                    condition: format!(
                        "{value} IS NOT NULL AND typeof({value}) = 'text'
                        AND {value} IS NOT {normalized}"
                    ),
                    message: "written otherwise than Mina does, such as with `.000000`: lists \
                              would lose them"
                        .to_owned(),
                    option: Some("--fix timestamps"),
                });
            }
            format!("typeof({value}) <> 'text' OR datetime(substr({value}, 1, 19)) IS NULL")
        }
        Kind::Date => format!("NOT isfinite({value}) OR {value} > '9999-12-31'"),
        Kind::Time => {
            format!(
                "NOT isfinite({value}) OR {value} NOT BETWEEN '0001-01-01' AND '9999-12-31 24:00'"
            )
        }
        Kind::Integer => {
            checks.push(Check {
                level: Level::Blocks,
                condition: format!("{value} NOT BETWEEN -2147483648 AND 2147483647"),
                message: "beyond 32 bits".to_owned(),
                option: None,
            });
            return checks;
        }
        Kind::Text | Kind::Boolean | Kind::Json => return checks,
    };
    let message = format!("unreadable, shown as {shown}");
    let condition = format!("{value} IS NOT NULL AND ({condition})");
    checks.push(Check::note(condition, message));
    checks
}

/// What is checked whatever the column holds: whether there is a value, what it refers to, and whether it
/// fits into Mina's own tables.
fn first_checks(
    place: &Place<'_>,
    value: &str,
    backend: DbBackend,
    options: &Options,
) -> Vec<Check> {
    let Place { column, target, .. } = place;
    let is_sqlite = backend == DbBackend::Sqlite;
    let mut checks = Vec::new();
    if column.is_required && column.kind == Kind::Integer {
        if !options.fixes_orphans() {
            checks.push(Check {
                level: Level::Blocks,
                condition: orphan(value, backend),
                message: "without the id of another row that Mina needs".to_owned(),
                option: Some("--fix orphans"),
            });
        }
    } else if column.is_required {
        let message = "without a value that the contract requires";
        checks.push(Check::note(format!("{value} IS NULL"), message));
    }
    if let Some(longest) = longest(column).filter(|_| !is_sqlite) {
        checks.push(Check {
            level: Level::Blocks,
            condition: format!("length({value}) > {longest}"),
            message: format!("longer than the {longest} characters that Mina's own tables have"),
            option: None,
        });
    }
    if let Some(target) = target {
        checks.push(Check::note(
            format!(
                r#"{value} IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM "{target}" AS target WHERE target.id = {value})"#
            ),
            format!(
                "reference to a row that `{target}` does not have{}",
                if ["workspace_id", "meeting_id", "session_id"].contains(&column.name) {
                    ", so nobody sees the row"
                } else {
                    ""
                }
            ),
        ));
    }
    checks
}

/// The condition that a column does not have the id of another row, whether or not that row exists.
pub fn orphan(value: &str, backend: DbBackend) -> String {
    match backend {
        DbBackend::Sqlite => format!(
            "(typeof({value}) <> 'integer' OR {value} NOT BETWEEN -2147483648 AND 2147483647)"
        ),
        _ => format!("({value} IS NULL OR {value} NOT BETWEEN -2147483648 AND 2147483647)"),
    }
}

/// The longest value of a column that fits into Mina's own tables on PostgreSQL, which have a copy.
fn longest(column: &Column) -> Option<u32> {
    match column.kind {
        Kind::Varchar(length)
            if ["external_id", "session_id", "status", "analysis_status"]
                .contains(&column.name) =>
        {
            Some(length)
        }
        _ => None,
    }
}

fn closed_set(value: &str, values: &[&str], shown: &str, options: &Options) -> Vec<Check> {
    let list: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
    let list = list.join(", ");
    let mut checks = Vec::new();
    if !options.fixes_case() {
        checks.push(Check {
            option: Some("--fix enum-case"),
            ..Check::note(
                format!("{value} NOT IN ({list}) AND lower({value}) IN ({list})"),
                "in another letter case: shown as what it means, but filters do not find it",
            )
        });
    }
    checks.push(Check::note(
        format!("lower({value}) NOT IN ({list})"),
        format!("value that the contract does not know, shown as {shown}"),
    ));
    checks
}
