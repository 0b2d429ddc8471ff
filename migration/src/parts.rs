//! The parts from which every step builds its table, and the names they get.
//!
//! A change here would change released steps too: what a later step needs differently is a new
//! function.

use sea_orm_migration::{prelude::*, schema, sea_orm::DbBackend};

/// Creates `table` and then `indexes`, in that order.
///
/// # Errors
///
/// Fails if the database refuses a statement.
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
/// Fails if there is no such table, or if another table still refers to it.
pub async fn drop_table(manager: &SchemaManager<'_>, table: &'static str) -> Result<(), DbErr> {
    manager.drop_table(Table::drop().table(table).take()).await
}

/// A nullable UTC timestamp that defaults to the time of the insert.
pub fn timestamp_now(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let now = match manager.get_database_backend() {
        // A bare `now()` would be stored in the time zone of whoever is connected.
        DbBackend::Postgres => Func::cust("timezone")
            .arg("utc")
            .arg(Func::cust("now"))
            .into(),
        _ => Expr::current_timestamp(),
    };
    schema::date_time_null(name).default(now).take()
}

/// A nullable `VARCHAR(20)` that holds one of `values`, kept by the constraint
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
/// Deleting a row of `target` that is still referred to is refused unless the caller says
/// otherwise.
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
