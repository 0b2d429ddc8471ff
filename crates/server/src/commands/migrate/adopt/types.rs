//! Types of columns on PostgreSQL that Mina does not work with, but that hold the same values.

use sea_orm::DbBackend;

use super::catalog::{FoundColumn, FoundTable};
use crate::database::contract::{Kind, Table};

/// The expression that makes a value of the contract's type of a value of another type, or `None` if
/// the type is that of the contract or cannot be converted without loss.
pub fn conversion(kind: Kind, found: &FoundColumn) -> Option<String> {
    let (name, sql_type) = (&found.name, &*found.sql_type);
    let quoted = format!(r#""{name}""#);
    let is_text = |sql_type: &str| sql_type == "text" || sql_type.starts_with("character varying");
    let is_number = |sql_type: &str| {
        ["smallint", "bigint", "real", "numeric", "integer"]
            .iter()
            .any(|number| sql_type.starts_with(number))
    };
    match kind {
        Kind::Varchar(_) | Kind::Text => (found.is_enum
            || ["uuid", "citext"].contains(&sql_type)
            || sql_type.starts_with("character("))
        .then(|| format!("{quoted}::text")),
        Kind::Integer => ["bigint", "smallint"]
            .contains(&sql_type)
            .then(|| format!("{quoted}::integer")),
        Kind::Float => is_number(sql_type).then(|| format!("{quoted}::double precision")),
        Kind::Boolean => ["integer", "smallint"]
            .contains(&sql_type)
            .then(|| format!("{quoted} <> 0")),
        Kind::Json => is_text(sql_type).then(|| format!("{quoted}::jsonb")),
        Kind::Time if sql_type.ends_with("with time zone") => sql_type
            .starts_with("timestamp")
            .then(|| format!("{quoted} AT TIME ZONE 'UTC'")),
        Kind::Time => (sql_type == "date").then(|| format!("{quoted}::timestamp")),
        Kind::Date => None,
    }
}

/// The statements that convert columns of a table. Its indexes and keys are kept by PostgreSQL.
pub fn convert(table: &Table, found: &FoundTable) -> Vec<String> {
    let name = table.name;
    let columns = table.columns.iter().map(|it| (it.name, it.kind));
    let mut types = Vec::new();
    let mut before = Vec::new();
    let mut after = Vec::new();
    for (column, kind) in std::iter::once(("id", Kind::Integer)).chain(columns) {
        let Some(found) = found.column(column) else {
            continue;
        };
        let Some(expression) = conversion(kind, found) else {
            continue;
        };
        let sql_type = kind.sql(DbBackend::Postgres);
        types.push(format!(
            r#"ALTER COLUMN "{column}" TYPE {sql_type} USING {expression}"#
        ));
        // The sequence of an id is no value of a type.
        if let Some(default) = found.default.as_ref().filter(|_| column != "id") {
            before.push(format!(r#"ALTER COLUMN "{column}" DROP DEFAULT"#));
            let default = converted_default(kind, default);
            after.push(format!(r#"ALTER COLUMN "{column}" SET DEFAULT {default}"#));
        }
    }
    [before, types, after]
        .into_iter()
        .filter(|changes| !changes.is_empty())
        .map(|changes| format!(r#"ALTER TABLE "{name}" {}"#, changes.join(", ")))
        .collect()
}

/// A default in the new type.
fn converted_default(kind: Kind, default: &str) -> String {
    match kind {
        Kind::Time if !default.starts_with('\'') => format!("timezone('utc', {default})"),
        Kind::Boolean => (!default.trim_start_matches(['\'', '(']).starts_with('0')).to_string(),
        // `'draft'::status` is of the former type.
        _ => match default.split_once("'::") {
            Some((value, _)) => format!("{value}'"),
            None => default.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(sql_type: &str, is_enum: bool) -> FoundColumn {
        FoundColumn {
            name: "x".to_owned(),
            sql_type: sql_type.to_owned(),
            is_required: false,
            default: None,
            is_enum,
            is_generated: false,
        }
    }

    #[test]
    fn only_what_holds_the_same_values_is_converted() {
        for (kind, sql_type, is_enum, expected) in [
            (
                Kind::Varchar(20),
                "meetingstatus",
                true,
                Some("\"x\"::text"),
            ),
            (Kind::Varchar(36), "uuid", false, Some("\"x\"::text")),
            (Kind::Varchar(36), "integer", false, None),
            (Kind::Integer, "bigint", false, Some("\"x\"::integer")),
            (Kind::Integer, "integer", false, None),
            (Kind::Float, "double precision", false, None),
            (
                Kind::Float,
                "numeric(5,2)",
                false,
                Some("\"x\"::double precision"),
            ),
            (Kind::Date, "timestamp without time zone", false, None),
            (
                Kind::Time,
                "timestamp with time zone",
                false,
                Some("\"x\" AT TIME ZONE 'UTC'"),
            ),
            (Kind::Time, "timestamp(3) without time zone", false, None),
            (Kind::Time, "time with time zone", false, None),
        ] {
            let found = conversion(kind, &column(sql_type, is_enum));
            assert_eq!(found.as_deref(), expected, "{kind:?} {sql_type}");
        }
    }

    #[test]
    fn defaults_keep_their_meaning() {
        for (kind, default, expected) in [
            (Kind::Varchar(20), "'DRAFT'::meetingstatus", "'DRAFT'"),
            (Kind::Time, "now()", "timezone('utc', now())"),
            (Kind::Boolean, "1", "true"),
            (Kind::Boolean, "'0'::smallint", "false"),
            (Kind::Float, "0", "0"),
        ] {
            assert_eq!(converted_default(kind, default), expected);
        }
    }
}
