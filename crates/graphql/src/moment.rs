//! Times as both databases store them: in the years 1 to 9999, with microseconds, and without leap
//! seconds.
//!
//! SQLite stores a leap second as it is written, `23:59:60`, and PostgreSQL stores the second after
//! it, `00:00:00`. Here, it is the second after it everywhere.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, TimeDelta, Timelike};

const NANOSECONDS: u32 = 1_000_000_000;

/// Reads an RFC 3339 time. `None` if the text is not one, or if it is outside the years 1 to 9999
/// in UTC. More than six decimals are truncated.
#[must_use]
pub fn parse(text: &str) -> Option<NaiveDateTime> {
    // chrono also reads a space between date and time, and a minus sign that is not ASCII.
    if !text.is_ascii() || !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return None;
    }
    let moment = DateTime::parse_from_rfc3339(text).ok()?.naive_utc();
    let moment = without_leap_second(moment)?.trunc_subsecs(6);
    is_storable(moment.date()).then_some(moment)
}

/// The nearest time that can be stored. Rows that were written by other programs may have others.
#[must_use]
pub fn storable(moment: NaiveDateTime) -> NaiveDateTime {
    match without_leap_second(moment) {
        Some(moment) if is_storable(moment.date()) => moment.trunc_subsecs(6),
        _ if moment.year() < 1 => start_of_year(1),
        _ => last(),
    }
}

/// The time after `duration`, or the last time of the year 9999 if that would be later.
#[must_use]
pub fn after(moment: NaiveDateTime, duration: TimeDelta) -> NaiveDateTime {
    moment
        .checked_add_signed(duration)
        .map_or_else(last, storable)
}

/// The time of a change, but always in a later millisecond than the change before it: no two changes of a
/// row have the same time, even for clients that keep no more than milliseconds, so the time identifies a
/// version of the row.
#[must_use]
pub(crate) fn of_change(now: NaiveDateTime, before: Option<NaiveDateTime>) -> NaiveDateTime {
    let next = |before: NaiveDateTime| after(before.trunc_subsecs(3), TimeDelta::milliseconds(1));
    before.map_or(now, |before| next(before).max(now))
}

/// Whether the year is in the range that both databases store and compare in the same way.
pub(crate) fn is_storable(day: NaiveDate) -> bool {
    (1..=9999).contains(&day.year())
}

/// In a leap second, chrono counts on from the second before it. `None` at the end of its calendar.
fn without_leap_second(moment: NaiveDateTime) -> Option<NaiveDateTime> {
    match moment.nanosecond().checked_sub(NANOSECONDS) {
        Some(nanosecond) => moment
            .with_nanosecond(nanosecond)?
            .checked_add_signed(TimeDelta::seconds(1)),
        None => Some(moment),
    }
}

fn last() -> NaiveDateTime {
    start_of_year(10_000) - TimeDelta::microseconds(1)
}

fn start_of_year(year: i32) -> NaiveDateTime {
    NaiveDate::from_yo_opt(year, 1)
        .unwrap_or_default()
        .and_time(chrono::NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        parse(text).map(|moment| moment.to_string())
    }

    #[test]
    fn each_change_is_in_a_later_millisecond() {
        let at = |text: &str| parse(text).unwrap();
        let now = at("2026-01-02T03:04:05.006700Z");
        for (before, expected) in [
            (None, now),
            (Some("2026-01-02T03:04:04.999999Z"), now),
            (
                Some("2026-01-02T03:04:05.006100Z"),
                at("2026-01-02T03:04:05.007Z"),
            ),
            (
                Some("2026-01-02T03:04:05.009900Z"),
                at("2026-01-02T03:04:05.010Z"),
            ),
        ] {
            assert_eq!(of_change(now, before.map(at)), expected, "{before:?}");
        }
    }

    #[test]
    fn a_leap_second_is_the_second_after_it() {
        for (text, expected) in [
            ("2016-12-31T23:59:60Z", "2017-01-01 00:00:00"),
            ("2016-12-31T23:59:60.9999999Z", "2017-01-01 00:00:00.999999"),
            ("2017-01-01T01:29:60.5+01:30", "2017-01-01 00:00:00.500"),
            ("2016-12-31T23:59:59.9999999Z", "2016-12-31 23:59:59.999999"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_years_are_rejected() {
        assert!(parse("9999-12-31T23:59:59.999999Z").is_some());
        assert!(parse("0001-01-01T00:00:00Z").is_some());
        for text in [
            "9999-12-31T23:59:60Z",
            "9999-12-31T23:59:59-00:01",
            "0001-01-01T00:00:00+00:01",
            "0000-06-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn computed_times_stay_in_the_range() {
        let far = TimeDelta::MAX;
        let second = TimeDelta::seconds(1);
        assert_eq!(after(start_of_year(2026), far), last());
        assert_eq!(after(last(), second), last());
        assert_eq!(after(start_of_year(2026), -second).year(), 2025);
        assert_eq!(after(start_of_year(1), -second), start_of_year(1));
        assert_eq!(storable(NaiveDateTime::MAX), last());
        assert_eq!(storable(NaiveDateTime::MIN), start_of_year(1));
    }
}
