//! Gives a table what cannot be added to it: `ON DELETE`, NULL and, on SQLite, AUTOINCREMENT.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

use super::{
    catalog::{FoundTable, names},
    ddl,
};
use crate::database::contract::{Column, OnDelete, Table};

/// Rebuilds a table if it lacks something of that.
///
/// # Errors
/// If the database fails.
pub async fn rebuild(
    database: &DatabaseConnection,
    table: &Table,
    found: &FoundTable,
) -> Result<(), DbErr> {
    if database.get_database_backend() == DbBackend::Postgres {
        for sql in alter(table, found) {
            database.execute_unprepared(&sql).await?;
        }
        return Ok(());
    }
    let lacks_key = table.columns.iter().any(|it| lacks_key(it, found));
    let lacks_null = table.columns.iter().any(|it| lacks_null(it, found));
    if found.keeps_ids && found.has_row_ids && !lacks_key && !lacks_null {
        return Ok(());
    }
    copy(database, table, found).await
}

/// Whether the foreign key of a column is missing or does something else on deletion.
fn lacks_key(column: &Column, found: &FoundTable) -> bool {
    let key = found.key(column.name);
    column.target.is_some()
        && match key {
            None => true,
            Some(key) => {
                column.on_delete != OnDelete::NoAction && key.on_delete != column.on_delete.sql()
            }
        }
}

/// Whether a column does not allow a NULL that the contract allows.
fn lacks_null(column: &Column, found: &FoundTable) -> bool {
    let found = found.column(column.name);
    !column.is_required && found.is_some_and(|found| found.is_required)
}

/// The name of a new key, which no other one of the table has.
fn free_name(table: &str, column: &str, found: &FoundTable) -> String {
    let mut name = format!("fk_{table}_{column}");
    while found.keys.iter().any(|key| key.name == name) {
        name.push_str("_mina");
    }
    name
}

/// The definition of a key of PostgreSQL with another action. Everything else stays, such as `ON UPDATE`
/// and `DEFERRABLE`.
fn with_on_delete(definition: &str, action: &str) -> String {
    let mut definition = definition.to_owned();
    for old in ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"] {
        definition = definition.replace(&format!(" ON DELETE {old}"), "");
    }
    let end = [" DEFERRABLE", " NOT VALID", " NOT ENFORCED"]
        .iter()
        .filter_map(|part| definition.find(part))
        .min()
        .unwrap_or(definition.len());
    definition.insert_str(end, &format!(" ON DELETE {action}"));
    definition
}

/// The statements for PostgreSQL. New keys are not checked for the rows that there are, which may
/// refer to nothing.
fn alter(table: &Table, found: &FoundTable) -> Vec<String> {
    let name = table.name;
    let mut statements = Vec::new();
    for column in table.columns {
        let column_name = column.name;
        if lacks_null(column, found) {
            statements.push(format!(
                r#"ALTER TABLE "{name}" ALTER COLUMN "{column_name}" DROP NOT NULL"#
            ));
        }
        if !lacks_key(column, found) {
            continue;
        }
        let on_delete = column.on_delete.sql();
        let Some(key) = found.key(column_name) else {
            let target = column.target.unwrap_or_default();
            statements.push(format!(
                r#"ALTER TABLE "{name}" ADD CONSTRAINT "{}"
                   FOREIGN KEY ("{column_name}") REFERENCES "{target}" (id) ON DELETE {on_delete} NOT VALID"#,
                free_name(name, column_name, found)
            ));
            continue;
        };
        let (key_name, definition) = (&key.name, with_on_delete(&key.definition, on_delete));
        statements.push(format!(
            r#"ALTER TABLE "{name}" DROP CONSTRAINT "{key_name}", ADD CONSTRAINT "{key_name}" {definition}"#
        ));
    }
    statements
}

/// Replaces a table of SQLite by a copy. What its statement says and Mina does not know stays. Indexes and
/// triggers are created again.
async fn copy(
    database: &DatabaseConnection,
    table: &Table,
    found: &FoundTable,
) -> Result<(), DbErr> {
    let name = table.name;
    let sql = format!(
        "SELECT sql AS name FROM sqlite_master
         WHERE lower(tbl_name) = '{name}' AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    );
    let dependents = names(database, &sql).await?;
    let sql = format!(
        "SELECT sql AS name FROM sqlite_master WHERE type = 'table' AND lower(name) = '{name}'"
    );
    let create = names(database, &sql).await?;
    let create = create
        .first()
        .and_then(|sql| ddl::rebuilt(sql, &format!("mina_rebuilt_{name}"), table, found))
        .ok_or_else(|| DbErr::Custom(format!("cannot read the statement that created {name}")))?;
    let columns: Vec<String> = found
        .columns
        .iter()
        .filter(|column| !column.is_generated)
        .map(|column| format!(r#""{}""#, column.name))
        .collect();
    let columns = columns.join(", ");
    let mut statements = vec![
        // Views and triggers may name the table while it is not there.
        "PRAGMA legacy_alter_table = ON".to_owned(),
        create,
        format!(
            r#"INSERT INTO "mina_rebuilt_{name}" ({columns}) SELECT {columns} FROM "{name}" ORDER BY id"#
        ),
    ];
    if found.keeps_ids {
        statements.push(format!(
            "UPDATE sqlite_sequence SET seq = max(seq, coalesce(
                (SELECT old.seq FROM sqlite_sequence AS old WHERE lower(old.name) = '{name}'), 0))
             WHERE name = 'mina_rebuilt_{name}'"
        ));
    }
    statements.extend([
        format!(r#"DROP TABLE "{name}""#),
        format!(r#"ALTER TABLE "mina_rebuilt_{name}" RENAME TO "{name}""#),
    ]);
    statements.extend(dependents);
    for sql in statements {
        database.execute_unprepared(&sql).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_what_is_not_about_deletions() {
        let key = "FOREIGN KEY (meeting_id) REFERENCES meeting(id)";
        for (old, new) in [
            ("", " ON DELETE CASCADE"),
            (" ON DELETE SET NULL", " ON DELETE CASCADE"),
            (
                " ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID",
                " ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID",
            ),
        ] {
            let found = with_on_delete(&format!("{key}{old}"), "CASCADE");
            assert_eq!(found, format!("{key}{new}"));
        }
    }
}
