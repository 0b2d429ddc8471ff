//! Dates and times of PostgreSQL that are outside of the driver's calendar, such as infinity. The
//! driver panics when it reads them.

use chrono::{NaiveTime, TimeDelta};
use sea_orm::{
    DbErr, QueryResult, RuntimeErr,
    prelude::{Date, DateTime},
    sqlx::{self, Column, Row, TypeInfo},
};

/// The start of PostgreSQL's calendar.
const POSTGRES_EPOCH: Option<Date> = Date::from_ymd_opt(2000, 1, 1);

/// The date at this index.
pub(crate) fn date(row: &QueryResult, index: usize) -> Result<Option<Date>, DbErr> {
    let Some(postgres) = row.try_as_pg_row() else {
        return row.try_get_by_index(index);
    };
    let days: Option<i32> = postgres.try_get_unchecked(index).map_err(query_error)?;
    days.map(|days| {
        let date =
            POSTGRES_EPOCH.and_then(|it| it.checked_add_signed(TimeDelta::days(days.into())));
        date.ok_or_else(out_of_range)
    })
    .transpose()
}

/// The time at this index.
pub(crate) fn date_time(row: &QueryResult, index: usize) -> Result<Option<DateTime>, DbErr> {
    let Some(postgres) = row.try_as_pg_row() else {
        return row.try_get_by_index(index);
    };
    let microseconds: Option<i64> = postgres.try_get_unchecked(index).map_err(query_error)?;
    microseconds
        .map(|microseconds| {
            let since = TimeDelta::microseconds(microseconds);
            let epoch = POSTGRES_EPOCH.map(|date| date.and_time(NaiveTime::MIN));
            let time = epoch.and_then(|it| it.checked_add_signed(since));
            time.ok_or_else(out_of_range)
        })
        .transpose()
}

/// Checks that the driver can read all dates and times of a row.
///
/// # Errors
///
/// If one is out of range.
pub(crate) fn check(row: &QueryResult) -> Result<(), DbErr> {
    let columns = row.try_as_pg_row().map_or(&[][..], Row::columns);
    for column in columns {
        match column.type_info().name() {
            "DATE" => drop(date(row, column.ordinal())?),
            "TIMESTAMP" => drop(date_time(row, column.ordinal())?),
            _ => {}
        }
    }
    Ok(())
}

fn out_of_range() -> DbErr {
    DbErr::Type("a time is out of range".to_owned())
}

/// The error of a value that the driver cannot read.
pub(crate) fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}
