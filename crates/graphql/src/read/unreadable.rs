//! Rows that cannot be read: values of other programs that are not of the type of their column, such
//! as the text of an enum that has no such value.

use sea_orm::{DbErr, QueryResult, RuntimeErr, sqlx};
use tracing::warn;

/// Reads rows of a table, and leaves out those that cannot be read, so that one odd row does not
/// stop what is done with the others. The log says which rows these are, but not what they contain.
pub(crate) fn readable<T>(
    table: &str,
    rows: &[QueryResult],
    read: impl Fn(&QueryResult) -> Result<T, DbErr>,
) -> Vec<T> {
    let readable = rows.iter().filter_map(|row| match read(row) {
        Ok(value) => Some(value),
        Err(error) => {
            let reason = reason(&error);
            warn!(
                table,
                id = id(row),
                reason,
                "skips a row that cannot be read"
            );
            None
        }
    });
    readable.collect()
}

/// The id of a row, if at least that can be read.
fn id(row: &QueryResult) -> Option<i64> {
    let short = row.try_get::<i32>("", "id").map(i64::from);
    short.or_else(|_| row.try_get("", "id")).ok()
}

/// Why a row cannot be read, without what it contains.
pub(crate) fn reason(error: &DbErr) -> String {
    match error {
        DbErr::Query(RuntimeErr::SqlxError(error)) => match &**error {
            sqlx::Error::ColumnDecode { index, .. } => format!("invalid value in column {index}"),
            _ => "invalid value".to_owned(),
        },
        // The value comes after the colon.
        DbErr::Type(message) => {
            let message = message.split(':').next();
            message.unwrap_or_default().to_owned()
        }
        _ => "invalid value".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_contain_no_values() {
        let error = DbErr::Type("unexpected value for Status enum: a secret".to_owned());
        assert_eq!(reason(&error), "unexpected value for Status enum");
        let error = DbErr::Custom("a secret".to_owned());
        assert_eq!(reason(&error), "invalid value");
    }
}
