//! Whole rows as models.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, ModelTrait,
    QueryResult, TryGetable, Value, prelude::Json, sea_query::ColumnType,
};
use tracing::debug;

use super::{size, times, usage};

/// The bytes of a model beside itself: the counters of the pointers to it.
const SHARED_BYTES: usize = 16;

/// A row as the model of its table. Its memory is counted.
///
/// Other programs may have stored values that do not fit into the model, such as the text of an enum
/// that has no such value. They are left out, so that one odd value does not take the row with it, or
/// the page that the row is on.
///
/// # Errors
///
/// If an id does not fit into the model, or the answer has no room for the model.
pub(crate) fn model<M>(row: &QueryResult) -> Result<M, DbErr>
where
    M: ModelTrait + FromQueryResult + Default,
{
    if !usage::admits(size_of::<M>() + SHARED_BYTES + size::of_texts(row)) {
        return Err(usage::no_room());
    }
    match times::check(row).and_then(|()| M::from_query_result(row, "")) {
        Ok(model) => Ok(model),
        Err(error) => fitting(row).ok_or(error),
    }
}

/// The model with the values that fit. `None` if an id does not.
fn fitting<M: ModelTrait + Default>(row: &QueryResult) -> Option<M> {
    let mut model = M::default();
    for column in <M::Entity as EntityTrait>::Column::iter() {
        let definition = column.def();
        let name = column.as_str();
        let kind = definition.get_column_type();
        let value = match stored(row, name, kind) {
            Ok(value) => value,
            // Where it matters whether an account is active, it is not.
            Err(_) if *kind == ColumnType::Boolean => Some(false.into()),
            Err(_) => None,
        };
        let is_set = match value {
            Some(Value::String(Some(text))) => set_text(&mut model, column, &text),
            Some(value) => model.try_set(column, value).is_ok(),
            None => false,
        };
        if !is_set {
            debug!(
                column = name,
                "leaves out a value that does not fit its column"
            );
            if *kind == ColumnType::Integer && !definition.is_null() {
                return None;
            }
        }
    }
    Some(model)
}

/// Sets a text. That of a closed set may have another letter case.
fn set_text<M: ModelTrait>(
    model: &mut M,
    column: <M::Entity as EntityTrait>::Column,
    text: &str,
) -> bool {
    let exact = model.try_set(column, text.into());
    exact
        .or_else(|_| model.try_set(column, text.to_ascii_lowercase().into()))
        .is_ok()
}

/// The value of a column, or `None` for NULL.
fn stored(row: &QueryResult, name: &str, kind: &ColumnType) -> Result<Option<Value>, DbErr> {
    let index = || {
        let names = row.column_names();
        let index = names.iter().position(|known| known == name);
        index.ok_or_else(|| DbErr::Type("a column is missing".to_owned()))
    };
    Ok(match kind {
        ColumnType::Integer => get::<i32>(row, name)?.map(Value::from),
        ColumnType::Double => get::<f64>(row, name)?.map(Value::from),
        ColumnType::Boolean => get::<bool>(row, name)?.map(Value::from),
        ColumnType::Json | ColumnType::JsonBinary => get::<Json>(row, name)?.map(Value::from),
        ColumnType::Date => times::date(row, index()?)?.map(Value::from),
        ColumnType::DateTime => times::date_time(row, index()?)?.map(Value::from),
        _ => get::<String>(row, name)?.map(Value::from),
    })
}

fn get<T: TryGetable>(row: &QueryResult, name: &str) -> Result<Option<T>, DbErr> {
    row.try_get("", name)
}
