//! How much memory rows take.

use sea_orm::{
    QueryResult,
    sqlx::{Decode, Row, Sqlite, TypeInfo, ValueRef, postgres::PgRow, sqlite::SqliteRow},
};

/// The bytes of a row beside its values: itself, and its place in a list, which has room for twice as
/// many rows after it has grown.
const ROW_BYTES: usize = 180;

/// The bytes of a value of SQLite: its handle, and the copy that SQLite makes of each value, whatever
/// the type is.
const SQLITE_VALUE_BYTES: usize = 40 + 80;

/// The bytes that SQLite needs for a text beside its bytes.
const SQLITE_TEXT_BYTES: usize = 24;

/// The bytes of a value of PostgreSQL: where it is, and its length before it.
const POSTGRES_VALUE_BYTES: usize = 12 + 4;

/// About how many bytes a row of PostgreSQL takes.
pub(super) fn of_postgres(row: &PgRow) -> usize {
    ROW_BYTES + row.len() * POSTGRES_VALUE_BYTES + postgres_lengths(row).sum::<usize>()
}

/// About how many bytes a row of SQLite takes.
pub(super) fn of_sqlite(row: &SqliteRow) -> usize {
    let texts = sqlite_lengths(row).map(|length| SQLITE_TEXT_BYTES + length);
    ROW_BYTES + row.len() * SQLITE_VALUE_BYTES + texts.sum::<usize>()
}

/// The bytes of all texts of a row.
pub(crate) fn of_texts(row: &QueryResult) -> usize {
    let postgres = row.try_as_pg_row().map(|row| postgres_lengths(row).sum());
    let sqlite = row
        .try_as_sqlite_row()
        .map(|row| sqlite_lengths(row).sum::<usize>());
    postgres.or(sqlite).unwrap_or_default()
}

fn postgres_lengths(row: &PgRow) -> impl Iterator<Item = usize> {
    let length = |index| {
        let value = row.try_get_raw(index).ok()?;
        value.as_bytes().ok().map(<[u8]>::len)
    };
    (0..row.len()).filter_map(length)
}

fn sqlite_lengths(row: &SqliteRow) -> impl Iterator<Item = usize> {
    let length = |index| {
        let value = row.try_get_raw(index).ok()?;
        // Reading a number as bytes would convert it.
        let is_long = matches!(value.type_info().name(), "TEXT" | "BLOB");
        let bytes = is_long.then(|| <&[u8] as Decode<Sqlite>>::decode(value));
        bytes?.ok().map(<[u8]>::len)
    };
    (0..row.len()).filter_map(length)
}
