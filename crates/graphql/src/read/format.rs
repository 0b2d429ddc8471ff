//! How the value of a column is written into an answer, as JSON.

use async_graphql::ScalarType;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use entity::null::NullDefault;
use sea_orm::{
    ColumnTrait, DbErr, QueryResult, TryGetable, Value, prelude::Json as SqlJson, sqlx::Row,
};

use crate::{
    database::times::{self, query_error},
    json, moment,
    scalar::{Date, DateTime, Float, Json},
    value::to_json,
};

/// How a column is shown.
pub(crate) struct Format {
    kind: Kind,
    /// What is written for NULL, and for a value of another program that does not fit the column.
    null: String,
}

/// The kinds of values that columns have.
pub(crate) enum Kind {
    Text,
    Integer,
    Float,
    Boolean,
    Date,
    DateTime,
    Json,
    /// JSON that is never null.
    Object,
    /// An enum: each stored text, and the JSON that stands for it.
    Enum(Vec<(String, String)>),
}

impl Format {
    /// The format of a column.
    pub(crate) fn of<C: ColumnTrait + NullDefault>(column: C, kind: Kind) -> Self {
        let null = match (&kind, column.null_default()) {
            (Kind::Enum(values), Some(Value::String(Some(default)))) => values
                .iter()
                .find(|(stored, _)| *stored == default)
                .map_or_else(String::new, |(_, json)| json.clone()),
            (_, Some(Value::ChronoDateTime(Some(default)))) => {
                DateTime(default).to_value().to_string()
            }
            (_, Some(Value::Bool(Some(default)))) => default.to_string(),
            (_, Some(default)) => to_json(default).to_string(),
            // Settings, the only JSON that is never null, are an object.
            (Kind::Object, None) => "{}".to_owned(),
            // Columns that the contract requires, in rows of other programs.
            (Kind::Text, None) if !column.def().is_null() => "\"\"".to_owned(),
            (Kind::Enum(values), None) if !column.def().is_null() => values
                .last()
                .map_or_else(String::new, |(_, json)| json.clone()),
            (_, None) => "null".to_owned(),
        };
        Self { kind, null }
    }

    /// Writes the value of a row at this index. Returns how many bytes that has taken beside those
    /// that are written: JSON is read as a tree of values.
    pub(crate) fn write(&self, row: &QueryResult, index: usize, out: &mut Vec<u8>) -> usize {
        let begin = out.len();
        self.try_to_write(row, index, out).unwrap_or_else(|_| {
            out.truncate(begin);
            let fallback = match self.kind {
                // Where it matters whether an account is active, it is not.
                Kind::Boolean => "false",
                _ => &self.null,
            };
            out.extend_from_slice(fallback.as_bytes());
            0
        })
    }

    fn try_to_write(
        &self,
        row: &QueryResult,
        index: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, DbErr> {
        let mut bytes = 0;
        let is_null = match &self.kind {
            Kind::Text => with_text(row, index, |text| write_json(out, text))?,
            Kind::Enum(values) => {
                let mut known = None;
                let is_null = with_text(row, index, |text| {
                    let exact = values.iter().find(|(stored, _)| stored == text);
                    known = exact.or_else(|| {
                        let mut values = values.iter();
                        values.find(|(stored, _)| stored.eq_ignore_ascii_case(text))
                    });
                })?;
                match known {
                    Some((_, json)) => out.extend_from_slice(json.as_bytes()),
                    None if is_null => {}
                    None => return Err(DbErr::Type("the value of an enum is unknown".to_owned())),
                }
                is_null
            }
            Kind::Integer => put(row, index, |value: i32| write_json(out, &value))?,
            Kind::Float => {
                let value: Option<f64> = row.try_get_by_index(index)?;
                // SQLite has no negative zero.
                let number = value.map(|value| Float(value + 0.0).finite()).transpose()?;
                number.map(|number| write_json(out, &number)).is_none()
            }
            Kind::Boolean => put(row, index, |value: bool| write_json(out, &value))?,
            Kind::Date => {
                let value = times::date(row, index)?;
                value.map(|value| write_date(out, value)).is_none()
            }
            Kind::DateTime => {
                let value = times::date_time(row, index)?;
                value.map(|value| write_date_time(out, value)).is_none()
            }
            Kind::Json | Kind::Object => put(row, index, |value: SqlJson| {
                bytes = json::size(&value);
                write_json(out, &Json(value).to_value());
            })?,
        };
        if is_null {
            out.extend_from_slice(self.null.as_bytes());
        }
        Ok(bytes)
    }
}

/// Writes a value. That cannot fail: the values have no maps with keys other than texts, and memory
/// takes everything.
pub(crate) fn write_json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    let _ = serde_json::to_writer(out, value);
}

/// Writes a date as [`Date`] does, but without the general way of formatting, which takes several times
/// as long.
fn write_date(out: &mut Vec<u8>, date: NaiveDate) {
    if !(0..=9999).contains(&date.year()) {
        return write_json(out, &Date(date).to_value());
    }
    out.push(b'"');
    write_day(out, date);
    out.push(b'"');
}

/// The same for [`DateTime`].
fn write_date_time(out: &mut Vec<u8>, time: NaiveDateTime) {
    let time = moment::storable(time);
    let nanoseconds = time.nanosecond();
    if !(0..=9999).contains(&time.year()) || nanoseconds >= 1_000_000_000 {
        return write_json(out, &DateTime(time).to_value());
    }
    out.push(b'"');
    write_day(out, time.date());
    out.push(b'T');
    write_digits::<2>(out, time.hour());
    out.push(b':');
    write_digits::<2>(out, time.minute());
    out.push(b':');
    write_digits::<2>(out, time.second());
    match (nanoseconds, nanoseconds % 1_000_000, nanoseconds % 1_000) {
        (0, _, _) => {}
        (_, 0, _) => {
            out.push(b'.');
            write_digits::<3>(out, nanoseconds / 1_000_000);
        }
        (_, _, 0) => {
            out.push(b'.');
            write_digits::<6>(out, nanoseconds / 1_000);
        }
        _ => {
            out.push(b'.');
            write_digits::<9>(out, nanoseconds);
        }
    }
    out.extend_from_slice(b"Z\"");
}

/// Writes a day whose year has at most four digits.
fn write_day(out: &mut Vec<u8>, day: NaiveDate) {
    write_digits::<4>(out, day.year().unsigned_abs());
    out.push(b'-');
    write_digits::<2>(out, day.month());
    out.push(b'-');
    write_digits::<2>(out, day.day());
}

const DIGITS: [u8; 10] = *b"0123456789";

/// Writes the last digits of a number.
fn write_digits<const N: usize>(out: &mut Vec<u8>, mut number: u32) {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 10) as usize];
        number /= 10;
    }
    out.extend_from_slice(&digits);
}

/// Hands over a value, unless it is NULL. Returns whether it is.
fn put<T: TryGetable>(
    row: &QueryResult,
    index: usize,
    write: impl FnOnce(T),
) -> Result<bool, DbErr> {
    let value: Option<T> = row.try_get_by_index(index)?;
    Ok(value.map(write).is_none())
}

/// The same of a text, which is not copied.
fn with_text(row: &QueryResult, index: usize, write: impl FnOnce(&str)) -> Result<bool, DbErr> {
    let text: Result<Option<&str>, _> = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => row.try_get(index),
        (_, Some(row)) => row.try_get(index),
        _ => return put(row, index, |text: String| write(&text)),
    };
    Ok(text.map_err(query_error)?.map(write).is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    /// Nanoseconds of each precision.
    fn nanoseconds() -> impl Strategy<Value = u32> {
        let units = prop::sample::select(vec![1, 1_000, 1_000_000, 1_000_000_000]);
        (0..2_000_000_000_u32, units).prop_map(|(nanoseconds, unit)| nanoseconds / unit * unit)
    }

    proptest! {
        #[test]
        fn times_are_written_as_the_scalars_do(
            day in -800_000..4_000_000_i32,
            seconds in 0..86_400_u32,
            nanoseconds in nanoseconds(),
        ) {
            let date = NaiveDate::from_num_days_from_ce_opt(day).unwrap();
            let expected = Date(date).to_value().to_string();
            prop_assert_eq!(written(|out| write_date(out, date)), expected);
            let time = chrono::NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanoseconds);
            let Some(time) = time else { return Ok(()) };
            let time = NaiveDateTime::new(date, time);
            let expected = DateTime(time).to_value().to_string();
            prop_assert_eq!(written(|out| write_date_time(out, time)), expected);
        }
    }
}
