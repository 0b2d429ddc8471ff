//! Helpers that every migration builds its tables with, and the naming rules for what they create.
//!
//! Released migrations use these functions, so changing one would change released migrations. Add
//! a new function if a later migration needs something different.

use sea_orm_migration::{prelude::*, schema, sea_orm::DbBackend};

/// Creates `table` and then its `indexes`.
///
/// # Errors
///
/// Fails if the database rejects a statement.
pub async fn create_table<const N: usize>(
    manager: &SchemaManager<'_>,
    table: &mut TableCreateStatement,
    indexes: [IndexCreateStatement; N],
) -> Result<(), DbErr> {
    manager.create_table(table.take()).await?;
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Drops `table` together with its indexes.
///
/// # Errors
///
/// Fails if the table does not exist or another table still refers to it.
pub async fn drop_table(manager: &SchemaManager<'_>, table: &'static str) -> Result<(), DbErr> {
    manager.drop_table(Table::drop().table(table).take()).await
}

/// A nullable UTC timestamp that defaults to the time of the insert.
pub fn timestamp_now(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let now = match manager.get_database_backend() {
        // A plain `now()` would be stored in the time zone of the connection.
        DbBackend::Postgres => Func::cust("timezone")
            .arg("utc")
            .arg(Func::cust("now"))
            .into(),
        _ => Expr::current_timestamp(),
    };
    schema::date_time_null(name).default(now).take()
}

/// A nullable `VARCHAR(20)` that holds one of `values`, enforced by the check constraint
/// `ck_<table>_<column>`.
pub fn closed_set<const N: usize>(
    table: &'static str,
    column: &'static str,
    values: [&'static str; N],
) -> ColumnDef {
    schema::string_len_null(column, 20)
        .check(Check::named(
            format!("ck_{table}_{column}"),
            Expr::col(column).is_in(values),
        ))
        .take()
}

/// A foreign key from `column` to the `id` of `target`, named `fk_<table>_<column>`.
///
/// The database rejects deleting a row of `target` that is still referred to, unless the caller
/// adds another rule.
pub fn references(
    table: &'static str,
    column: &'static str,
    target: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(table, column)
        .to(target, "id")
        .take()
}

/// An index named `ix_<table>_<columns>`.
pub fn index<const N: usize>(
    table: &'static str,
    columns: [IndexColumn; N],
) -> IndexCreateStatement {
    named_index("ix", table, columns)
}

/// A unique index named `uq_<table>_<columns>`.
pub fn unique_index<const N: usize>(
    table: &'static str,
    columns: [IndexColumn; N],
) -> IndexCreateStatement {
    named_index("uq", table, columns).unique().take()
}

/// An index column in ascending order.
pub fn asc(column: &'static str) -> IndexColumn {
    column.into_index_column()
}

/// An index column in descending order.
pub fn desc(column: &'static str) -> IndexColumn {
    (column, IndexOrder::Desc).into_index_column()
}

fn named_index<const N: usize>(
    prefix: &str,
    table: &'static str,
    columns: [IndexColumn; N],
) -> IndexCreateStatement {
    let mut name = format!("{prefix}_{table}");
    let mut index = Index::create().table(table).take();
    for column in columns {
        if let Some(column) = column.get_col_name() {
            name.push('_');
            name.push_str(&column.to_string());
        }
        index.col(column);
    }
    index.name(name).take()
}
