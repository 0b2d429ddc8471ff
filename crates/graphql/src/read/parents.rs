//! The parents of a statement that selects the rows of all of them at once, as a table in it.

use sea_orm::{
    DbBackend, ExprTrait, Value,
    sea_query::{ArrayType, Expr, Func, Query, SelectStatement},
};

use super::relation::Key;
use crate::value::to_json;

/// The name of the table. Conditions on cursors refer to it.
const BATCH: &str = "batch";

/// The parents of a statement. They are parameters, so that the text of the statement does not depend
/// on their number.
pub(crate) enum Parents {
    /// The keys as an array, which PostgreSQL reads fastest.
    Keys { keys: Vec<Value>, ty: ArrayType },
    /// A JSON array for each: its index, its key, and whatever else the statement needs.
    Json(String),
}

impl Parents {
    /// Parents with these keys.
    pub(crate) fn with_keys<K: Key>(
        keys: impl ExactSizeIterator<Item = K>,
        backend: DbBackend,
    ) -> Self {
        if backend == DbBackend::Postgres {
            Self::Keys {
                keys: keys.map(Into::into).collect(),
                ty: K::array_type(),
            }
        } else {
            Self::with_values(keys.map(|key| [to_json(key.into())]))
        }
    }

    /// Parents with several values each, the first of which is the key.
    pub(crate) fn with_values<const N: usize>(
        values_of_parents: impl IntoIterator<Item = [serde_json::Value; N]>,
    ) -> Self {
        let rows: serde_json::Value = (0_i32..)
            .zip(values_of_parents)
            .map(|(index, values)| {
                std::iter::once(index.into())
                    .chain(values)
                    .collect::<serde_json::Value>()
            })
            .collect();
        Self::Json(rows.to_string())
    }

    /// The key of a parent in the statement.
    pub(crate) fn key<K: Key>(&self) -> Expr {
        match self {
            Self::Keys { .. } => Expr::col((BATCH, "key")),
            Self::Json(_) => json_value(1, K::SQL_TYPE),
        }
    }

    /// The index of a parent in the statement.
    pub(crate) fn index(&self) -> Expr {
        match self {
            Self::Keys { .. } => Expr::col((BATCH, "index")),
            Self::Json(_) => json_value(0, "integer"),
        }
    }

    /// Makes them the first table of a select.
    pub(crate) fn add_to(self, select: &mut SelectStatement, backend: DbBackend) {
        match self {
            Self::Keys { keys, ty } => {
                let last = i32::try_from(keys.len()).unwrap_or(i32::MAX) - 1;
                let keys = Expr::value(Value::Array(ty, Some(Box::new(keys))));
                let indexes = Func::cust("generate_series").args([Expr::cust("0"), last.into()]);
                let rows = Query::select()
                    .expr_as(Func::cust("unnest").arg(keys), "key")
                    .expr_as(indexes, "index")
                    .take();
                select.from_subquery(rows, BATCH);
            }
            Self::Json(json) if backend == DbBackend::Postgres => {
                let json = Expr::value(json).cast_as("jsonb");
                select.from_function(Func::cust("jsonb_array_elements").arg(json), BATCH);
            }
            Self::Json(json) => {
                select.from_function(Func::cust("json_each").arg(Expr::value(json)), BATCH);
            }
        }
    }
}

/// A value of a parent in the JSON form.
pub(crate) fn json_value(slot: usize, sql_type: &str) -> Expr {
    Expr::cust(format!("CAST(batch.value ->> {slot} AS {sql_type})"))
}
