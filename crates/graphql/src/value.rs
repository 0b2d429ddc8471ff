//! SQL values as JSON, for cursors and for passing batches of keys to statements.

use sea_orm::{
    DbBackend, ExprTrait, Value,
    sea_query::{ArrayType, Expr, Func, Query, extension::postgres::PgFunc},
};

/// The format in which SQLite stores timestamps. Values that are compared with them need it too.
pub(crate) const TIMESTAMP_FORMAT: &str = "%F %T%.f";

/// The value of a column as JSON. Null for types that are never sorted by, used as keys or written
/// in sets.
pub(crate) fn to_json(value: Value) -> serde_json::Value {
    match value {
        Value::Int(Some(value)) => value.into(),
        Value::BigInt(Some(value)) => value.into(),
        Value::Double(Some(value)) => value.into(),
        Value::Bool(Some(value)) => i32::from(value).into(),
        Value::String(Some(value)) => value.into(),
        Value::Json(Some(value)) => *value,
        Value::ChronoDate(Some(value)) => value.to_string().into(),
        Value::ChronoDateTime(Some(value)) => value.format(TIMESTAMP_FORMAT).to_string().into(),
        _ => serde_json::Value::Null,
    }
}

/// A value of the server's own, written into the text of a statement. It is not bound, because a
/// plan must not depend on it, and an index on an expression contains it too.
pub(crate) fn constant(value: &Value) -> Expr {
    let sql = match value {
        Value::Bool(Some(true)) => "TRUE".to_owned(),
        Value::Bool(Some(false)) => "FALSE".to_owned(),
        other => match to_json(other.clone()) {
            serde_json::Value::String(text) => format!("'{text}'"),
            number => number.to_string(),
        },
    };
    Expr::cust(sql)
}

/// The value of a column in which NULL stands for `default`, if there is one.
pub(crate) fn or_default(column: Expr, default: Option<&Value>) -> Expr {
    match default {
        Some(default) => Func::coalesce([column, constant(default)]).into(),
        None => column,
    }
}

/// The condition that `expr` is one of `values`. Its text does not depend on the number of values,
/// so that one prepared statement serves all; floats on SQLite are the exception.
pub(crate) fn is_any_of(
    expr: Expr,
    array_type: ArrayType,
    values: Vec<Value>,
    backend: DbBackend,
) -> Expr {
    if backend == DbBackend::Postgres {
        let array = Value::Array(array_type, Some(Box::new(values)));
        expr.eq(PgFunc::any(Expr::value(array)))
    } else if matches!(array_type, ArrayType::Double) {
        // SQLite does not read every float in JSON as exactly the number that was written.
        expr.is_in(values)
    } else {
        let values: serde_json::Value = values.into_iter().map(to_json).collect();
        let rows = Func::cust("json_each").arg(Expr::value(values.to_string()));
        expr.in_subquery(
            Query::select()
                .column("value")
                .from_function(rows, "among")
                .take(),
        )
    }
}
