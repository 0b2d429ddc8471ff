//! Times in one format on SQLite.
//!
//! SQLite stores times as text and compares them as text. Other programs may write them in another
//! format than Mina, such as `2026-05-04T09:30:00.500000Z`, or with a leap second, `23:59:60`. Then
//! a filter does not find such a time, and a page after it begins with it again. Triggers rewrite
//! what others write, and PostgreSQL has a type for times, which does the same.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// Creates and drops the triggers on SQLite. On PostgreSQL there is nothing to do.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The times in the tables of the data contract.
const TIMES: [(&str, &[&str]); 9] = [
    ("workspace", &["created_at"]),
    ("user", &["created_at"]),
    (
        "meeting",
        &[
            "scheduled_start",
            "scheduled_end",
            "created_at",
            "updated_at",
        ],
    ),
    ("session", &["started_at", "ended_at", "created_at"]),
    ("segment", &["created_at"]),
    ("task", &["completed_at", "created_at", "updated_at"]),
    ("participant", &["joined_at", "left_at", "created_at"]),
    ("analytics", &["created_at", "updated_at"]),
    ("marker", &["created_at"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let connection = manager.get_connection();
        for (table, columns) in TIMES {
            let (normalize, old) = (normalize(table, columns), is_other("", columns));
            let triggers = triggers(table, columns);
            let script = format!("{normalize} WHERE {old};{triggers}");
            connection.execute_unprepared(&script).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let connection = manager.get_connection();
        for (table, _) in TIMES {
            for event in ["insert", "update"] {
                let drop = format!("DROP TRIGGER mina_normalize_{table}_{event}");
                connection.execute_unprepared(&drop).await?;
            }
        }
        Ok(())
    }
}

/// The statements that create all triggers.
pub fn all_triggers() -> String {
    TIMES
        .iter()
        .map(|(table, columns)| triggers(table, columns))
        .collect()
}

/// The statements that create the triggers of a table.
fn triggers(table: &str, columns: &[&str]) -> String {
    let normalize = normalize(table, columns);
    let new = is_other("NEW.", columns);
    let list = columns.join(", ");
    format!(
        r#"
        CREATE TRIGGER mina_normalize_{table}_insert AFTER INSERT ON "{table}"
        WHEN {new} BEGIN {normalize} WHERE id = NEW.id; END;
        CREATE TRIGGER mina_normalize_{table}_update AFTER UPDATE OF {list} ON "{table}"
        WHEN {new} BEGIN {normalize} WHERE id = NEW.id; END;"#
    )
}

/// `UPDATE` of all times of a table, without the `WHERE`.
fn normalize(table: &str, columns: &[&str]) -> String {
    let assignments: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} = {}", normalized(column)))
        .collect();
    format!(r#"UPDATE "{table}" SET {}"#, assignments.join(", "))
}

/// The condition that one of the columns has another format. `row` is the prefix of the columns.
fn is_other(row: &str, columns: &[&str]) -> String {
    let conditions: Vec<String> = columns
        .iter()
        .map(|column| {
            let column = format!("{row}{column}");
            format!("{column} IS NOT {}", normalized(&column))
        })
        .collect();
    conditions.join(" OR ")
}

/// A time in the format of Mina: in UTC, with a space before the time of day, and with no decimals,
/// three or six. Text that is not a time stays as it is.
#[must_use]
pub fn normalized(time: &str) -> String {
    let zone = format!("ltrim(substr({time}, 20), '.0123456789')");
    let digits = format!("substr({time}, 21, max(0, length({time}) - 20 - length({zone})))");
    let decimals = format!("substr({digits} || '000000', 1, 6)");
    format!(
        "CASE WHEN {time} GLOB '????-??-??[ T]??:??:??*' THEN coalesce(
            CASE substr({time}, 18, 2)
                WHEN '60' THEN datetime(substr({time}, 1, 17) || '59' || {zone}, '+1 second')
                ELSE datetime(substr({time}, 1, 19) || {zone})
            END ||
            CASE WHEN {decimals} = '000000' THEN ''
                WHEN substr({decimals}, 4) = '000' THEN '.' || substr({decimals}, 1, 3)
                ELSE '.' || {decimals}
            END,
            {time}
        ) ELSE {time} END"
    )
}
