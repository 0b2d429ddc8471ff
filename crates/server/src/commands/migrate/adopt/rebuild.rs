//! Gives a table what cannot be added to it: `ON DELETE`, NULL and, on SQLite, AUTOINCREMENT.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

use super::{
    apply::is_time_of_row,
    catalog::{FoundColumn, FoundTable, rows},
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
    if found.keeps_ids && !lacks_key && !lacks_null {
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

/// The statements for PostgreSQL. The keys are not checked for the rows that there are, which may
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
        if let Some(key) = found.key(column_name) {
            let key = &key.name;
            statements.push(format!(r#"ALTER TABLE "{name}" DROP CONSTRAINT "{key}""#));
        }
        let target = column.target.unwrap_or_default();
        let on_delete = column.on_delete.sql();
        statements.push(format!(
            r#"ALTER TABLE "{name}" ADD CONSTRAINT "fk_{name}_{column_name}"
               FOREIGN KEY ("{column_name}") REFERENCES "{target}" (id) ON DELETE {on_delete} NOT VALID"#
        ));
    }
    statements
}

/// Replaces a table of SQLite by a copy. Types stay as they are, and with them all values. Indexes and
/// triggers are created again.
async fn copy(
    database: &DatabaseConnection,
    table: &Table,
    found: &FoundTable,
) -> Result<(), DbErr> {
    let name = table.name;
    let sql = format!(
        "SELECT sql FROM sqlite_master
         WHERE tbl_name = '{name}' AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    );
    let dependents: Vec<String> = rows(database, &sql)
        .await?
        .iter()
        .map(|row| row.try_get("", "sql"))
        .collect::<Result<_, _>>()?;
    let mut definitions: Vec<String> = found
        .columns
        .iter()
        .map(|column| definition(table, column))
        .collect();
    definitions.extend(found.columns.iter().filter_map(|it| key(table, found, it)));
    let columns: Vec<String> = found
        .columns
        .iter()
        .map(|column| format!(r#""{}""#, column.name))
        .collect();
    let columns = columns.join(", ");
    let definitions = definitions.join(", ");
    let mut statements = vec![
        // Views and triggers may name the table while it is not there.
        "PRAGMA legacy_alter_table = ON".to_owned(),
        format!(r#"CREATE TABLE "mina_rebuilt_{name}" ({definitions})"#),
        format!(
            r#"INSERT INTO "mina_rebuilt_{name}" ({columns}) SELECT {columns} FROM "{name}" ORDER BY id"#
        ),
    ];
    if found.keeps_ids {
        statements.push(format!(
            "UPDATE sqlite_sequence SET seq = max(seq, coalesce(
                (SELECT old.seq FROM sqlite_sequence AS old WHERE old.name = '{name}'), 0))
             WHERE name = 'mina_rebuilt_{name}'"
        ));
    }
    statements.extend([
        format!(r#"DROP TABLE "{name}""#),
        format!(r#"ALTER TABLE "mina_rebuilt_{name}" RENAME TO "{name}""#),
    ]);
    statements.extend(dependents);
    // Constraints of the old table, which had no statements of their own.
    let constraints = found.indexes.iter();
    let constraints =
        constraints.filter(|it| it.is_unique && it.name.starts_with("sqlite_autoindex_"));
    statements.extend(constraints.map(|index| {
        let columns = index.terms.replace(", ", "_");
        let terms = &index.terms;
        format!(r#"CREATE UNIQUE INDEX "uq_{name}_{columns}" ON "{name}" ({terms})"#)
    }));
    for sql in statements {
        database.execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// A column of the copy.
fn definition(table: &Table, found: &FoundColumn) -> String {
    let name = &found.name;
    if name == "id" {
        return "\"id\" integer NOT NULL PRIMARY KEY AUTOINCREMENT".to_owned();
    }
    let column = table.columns.iter().find(|column| column.name == name);
    let is_required = found.is_required && column.is_none_or(|column| column.is_required);
    let not_null = if is_required { " NOT NULL" } else { "" };
    let default = match column {
        Some(column) if is_time_of_row(column) => Some("CURRENT_TIMESTAMP".to_owned()),
        Some(column) => column.default.map(str::to_owned),
        None => found.default.as_ref().map(|default| format!("({default})")),
    };
    let default = default.map_or_else(String::new, |default| format!(" DEFAULT {default}"));
    format!(r#""{name}" {}{not_null}{default}"#, found.sql_type)
}

/// The foreign key of a column of the copy.
fn key(table: &Table, found: &FoundTable, column: &FoundColumn) -> Option<String> {
    let name = &column.name;
    let known = table.columns.iter().find(|known| known.name == name);
    let (target, on_delete) = if let Some(known) = known {
        (known.target?, known.on_delete.sql())
    } else {
        let key = found.key(name)?;
        (&*key.target, &*key.on_delete)
    };
    Some(format!(
        r#"FOREIGN KEY ("{name}") REFERENCES "{target}" (id) ON DELETE {on_delete}"#
    ))
}
