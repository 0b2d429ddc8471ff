//! Times as the formats write them, read as milliseconds.

use crate::{Reason, Repair, lines::trim_marks};

/// The arrow between the two times of a cue.
const ARROW: &str = "-->";

/// The times of a cue.
#[derive(Debug, PartialEq)]
pub(crate) struct Times<'a> {
    /// The start and the end, in milliseconds.
    pub(crate) range: (i32, i32),
    /// What could not be taken as it is.
    pub(crate) repair: Option<Repair>,
    /// What follows on the line.
    pub(crate) settings: &'a str,
}

impl<'a> Times<'a> {
    /// What follows the times, unless all of it looks like settings: `name:value`.
    pub(crate) fn odd_settings(&self) -> Option<&'a str> {
        let is_setting = |word: &str| {
            word.split_once(':')
                .is_some_and(|(name, value)| !name.is_empty() && !value.is_empty())
        };
        let is_odd = !self.settings.split_whitespace().all(is_setting);
        is_odd.then(|| self.settings.trim())
    }
}

/// Whether a line has an arrow. WebVTT reserves it for the times of a cue.
pub(crate) fn has_arrow(line: &str) -> bool {
    line.contains(ARROW)
}

/// Whether a line is meant to be the times of a cue, also if these cannot be read. In SubRip words
/// can have an arrow, too.
pub(crate) fn is_times_line(line: &str) -> bool {
    let Some((start, _)) = line.split_once(ARROW) else {
        return false;
    };
    let start = trim_marks(start);
    let is_time = start.contains(':') && !start.contains(char::is_whitespace);
    let digits = start.strip_prefix('-').unwrap_or(start);
    is_time && digits.starts_with(|character: char| character.is_ascii_digit())
}

/// Reads `start --> end` as milliseconds.
///
/// Both caption formats are read in the same way, because each is often written with the habits of
/// the other: hours can be missing, numbers can have any number of digits, and a fraction follows a
/// dot or a comma, if there is one.
///
/// # Errors
/// If these are not the times of a cue, or if the start does not fit into 32 bits.
pub(crate) fn parse_times(line: &str) -> Result<Times<'_>, Reason> {
    let (start, rest) = line.split_once(ARROW).ok_or(Reason::Times)?;
    let (start, nothing) = timestamp(trim_marks(start)).ok_or(Reason::Times)?;
    if !nothing.is_empty() {
        return Err(Reason::Times);
    }
    let (start, is_negative) = match start {
        Stamp::Late => return Err(Reason::TooLate),
        Stamp::Negative => (0, true),
        Stamp::At(start) => (start, false),
    };
    let rest = trim_marks(rest);
    let (end, settings) = match timestamp(rest) {
        Some((end, settings)) => (end, settings),
        // A damaged end is not worth losing the words, but other words make it doubtful that these
        // are times at all.
        None if rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit()) => (
            Stamp::Late,
            rest.split_once(char::is_whitespace).unwrap_or_default().1,
        ),
        None => return Err(Reason::Times),
    };
    let (end, is_late) = match end {
        Stamp::Late => (start, true),
        Stamp::Negative => (start, false),
        Stamp::At(end) => (end.max(start), false),
    };
    let repair = match (is_negative, is_late) {
        (true, _) => Some(Repair::NegativeStart),
        (false, true) => Some(Repair::End),
        (false, false) => None,
    };
    Ok(Times {
        range: (start, end),
        repair,
        settings,
    })
}

/// Reads `start,end` as milliseconds, which is all of a line in the `.sbv` files of `YouTube`.
pub(crate) fn parse_sbv_times(line: &str) -> Option<(i32, i32)> {
    let (start, end) = trim_marks(line).split_once(',')?;
    match (timestamp(start)?, timestamp(end)?) {
        ((Stamp::At(start), ""), (Stamp::At(end), "")) => Some((start, end.max(start))),
        _ => None,
    }
}

/// Reads a whole text as a time, such as `00:00:03.2190000`.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    match timestamp(text.trim())? {
        (Stamp::At(time), "") => Some(time.into()),
        (Stamp::Late, "") => Some(i64::MAX),
        (Stamp::Negative, "") => Some(-1),
        _ => None,
    }
}

/// A time that has been read.
enum Stamp {
    /// It is at this many milliseconds.
    At(i32),
    /// It is before 0.
    Negative,
    /// It does not fit into 32 bits.
    Late,
}

/// Reads `[hours:]minutes:seconds[.fraction]` at the start of a text. Returns what follows, too.
fn timestamp(text: &str) -> Option<(Stamp, &str)> {
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut seconds: u64 = 0;
    let mut parts = 0;
    loop {
        let (number, after) = digits(rest)?;
        seconds = seconds
            .saturating_mul(60)
            .saturating_add(number.parse().unwrap_or(u64::MAX));
        parts += 1;
        rest = after;
        match rest.strip_prefix(':') {
            Some(after) if parts < 3 => rest = after,
            Some(_) => return None,
            None => break,
        }
    }
    if parts < 2 {
        return None;
    }
    let mut milliseconds = 0;
    if let Some(after) = rest.strip_prefix(['.', ',']) {
        let (fraction, after) = digits(after).unwrap_or(("", after));
        let thousandths = fraction.bytes().chain("000".bytes()).take(3);
        milliseconds = thousandths.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        rest = after;
    }
    let total = seconds.saturating_mul(1000).saturating_add(milliseconds);
    let stamp = match i32::try_from(total) {
        Ok(0) => Stamp::At(0),
        _ if is_negative => Stamp::Negative,
        Ok(total) => Stamp::At(total),
        Err(_) => Stamp::Late,
    };
    Some((stamp, rest))
}

/// The ASCII digits at the start of a text, of which there must be one, and what follows.
fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(line: &str) -> (i32, i32) {
        let times = parse_times(line).unwrap();
        assert_eq!(times.repair, None, "{line}");
        times.range
    }

    #[test]
    fn all_ways_of_writing_times_are_read() {
        for (line, expected) in [
            ("00:01.500 --> 01:00:02.000", (1_500, 3_602_000)),
            ("0:00:01,500-->0:00:02,000 X1:0", (1_500, 2_000)),
            (
                "\t00:00.000\t-->\t100:00:00.001\talign:start",
                (0, 360_000_001),
            ),
            ("00:00.000 --> 596:31:23.647", (0, i32::MAX)),
            ("0:0:0.0 --> 0:0:2.45", (0, 2_450)),
            ("0:0:4,8 --> 0:0:7,4", (4_800, 7_400)),
            ("00:00:20 --> 00:00:24", (20_000, 24_000)),
            ("00:00:20. --> 00:00:24.1239999", (20_000, 24_123)),
            ("1:5 --> 61:00", (65_000, 3_660_000)),
            ("00:00:60.000 --> 00:60:00.000", (60_000, 3_600_000)),
            ("\u{200e}00:01.000 --> \u{200e}00:02.000", (1_000, 2_000)),
            ("00:01.000 --> 00:02.000align:start", (1_000, 2_000)),
            ("00:03.000 --> 00:02.000", (3_000, 3_000)),
            ("-00:00.000 --> 00:02.000", (0, 2_000)),
        ] {
            assert_eq!(range(line), expected, "{line}");
        }
    }

    #[test]
    fn times_are_repaired_where_the_start_is_known() {
        for (line, expected, repair) in [
            ("00:01.500 -->", (1_500, 1_500), Repair::End),
            ("00:01.500 --> 2", (1_500, 1_500), Repair::End),
            ("00:00.000 --> 596:31:23.648", (0, 0), Repair::End),
            (
                "-00:01.000 --> 00:02.000",
                (0, 2_000),
                Repair::NegativeStart,
            ),
            ("-00:03.000 --> -00:02.000", (0, 0), Repair::NegativeStart),
        ] {
            let times = parse_times(line).unwrap();
            assert_eq!(
                (times.range, times.repair),
                (expected, Some(repair)),
                "{line}"
            );
        }
    }

    #[test]
    fn anything_else_is_rejected() {
        for line in [
            "--> 00:01.500",
            "00:+1.000 --> 00:02.000",
            "1.000 --> 2.000",
            "1:2:3:04.000 --> 1:2:3:05.000",
            "٠٠:٠١.٠٠٠ --> ٠٠:٠٢.٠٠٠",
            "00:01.000x --> 00:02.000",
            "00:01.000 --> then",
            "00:01.000 -> 00:02.000",
        ] {
            assert_eq!(parse_times(line), Err(Reason::Times), "{line}");
        }
        let late = "99999999999999999999:00:00.000 --> 00:00.000";
        assert_eq!(parse_times(late), Err(Reason::TooLate));
    }

    #[test]
    fn settings_are_told_from_words() {
        let odd = |line| parse_times(line).unwrap().odd_settings();
        assert_eq!(odd("00:01.000 --> 00:02.000 line:0 align:start"), None);
        assert_eq!(odd("00:01,000 --> 00:02,000 X1:40 Y2:20"), None);
        assert_eq!(
            odd("00:01.000 --> 00:02.000 Good morning "),
            Some("Good morning")
        );
    }

    #[test]
    fn a_comma_can_be_between_times() {
        let line = "0:00:01.500,0:00:04.000";
        assert_eq!(parse_sbv_times(line), Some((1_500, 4_000)));
        for line in ["0:00:01,500", "10:30, maybe", "1,2", "at 10:30,11:30"] {
            assert_eq!(parse_sbv_times(line), None, "{line}");
        }
    }

    #[test]
    fn words_with_an_arrow_are_not_times() {
        assert!(!is_times_line("the flow goes A --> B"));
        assert!(!is_times_line("see 10:30 --> 11:30"));
        assert!(is_times_line("00:0x:01,000 --> 00:00:02,000"));
    }
}
