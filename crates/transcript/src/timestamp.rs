//! Times as the formats write them, read as milliseconds.

use crate::error::{LineError, excerpt};

/// The arrow between the two times of a cue.
pub(crate) const ARROW: &str = "-->";

/// Whether a line is meant to be the times of a cue. WebVTT reserves the arrow for them, and in
/// SubRip nothing else distinguishes them.
pub(crate) fn is_times_line(line: &str) -> bool {
    line.contains(ARROW)
}

/// Reads `start --> end` as milliseconds, and ignores the settings that may follow.
///
/// Both caption formats are read in the same way, because each is often written with the habits of
/// the other: hours can be missing, and milliseconds follow a dot or a comma.
///
/// # Errors
/// If these are not the times of a cue, or if one of them does not fit into 32 bits.
pub(crate) fn parse_times(line: &str) -> Result<(i32, i32), LineError> {
    let times = line.split_once(ARROW).and_then(|(start, rest)| {
        let end = rest.split_whitespace().next()?;
        Some((milliseconds(start.trim())?, milliseconds(end)?))
    });
    match times {
        None => Err(LineError::Times(excerpt(line))),
        Some((Ok(start), Ok(end))) => Ok((start, end)),
        Some((Err(late), _) | (_, Err(late))) => Err(late),
    }
}

/// Reads `[hours:]minutes:seconds.milliseconds`. Returns `None` for anything else, and an inner
/// error for a time that does not fit into 32 bits.
fn milliseconds(timestamp: &str) -> Option<Result<i32, LineError>> {
    let (clock, fraction) = timestamp.split_once(['.', ','])?;
    let (clock, seconds) = clock.rsplit_once(':')?;
    let (hours, minutes) = clock.rsplit_once(':').unwrap_or(("0", clock));
    let all_digits = [hours, minutes, seconds, fraction]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let lengths_fit = minutes.len() <= 2 && seconds.len() <= 2 && fraction.len() == 3;
    if !(all_digits && lengths_fit) {
        return None;
    }
    let minutes: i32 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    let seconds: i32 = seconds.parse().ok().filter(|seconds| *seconds < 60)?;
    let below_the_hour = (minutes * 60 + seconds) * 1000 + fraction.parse::<i32>().ok()?;
    let total = hours
        .parse::<i32>()
        .ok()
        .and_then(|hours| hours.checked_mul(3_600_000)?.checked_add(below_the_hour));
    Some(total.ok_or_else(|| LineError::TooLate(excerpt(timestamp))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_times_are_read() {
        let times = |line| parse_times(line).unwrap();
        assert_eq!(times("00:01.500 --> 01:00:02.000"), (1_500, 3_602_000));
        assert_eq!(times("0:00:01,500-->0:00:02,000 X1:0"), (1_500, 2_000));
        assert_eq!(
            times("\t00:00.000\t-->\t100:00:00.001\talign:start"),
            (0, 360_000_001)
        );
        assert_eq!(times("00:00.000 --> 596:31:23.647"), (0, i32::MAX));
    }

    #[test]
    fn anything_else_is_rejected() {
        for line in [
            "00:01.500 -->",
            "--> 00:01.500",
            "00:01 --> 00:02",
            "00:60.000 --> 01:00.000",
            "60:00.000 --> 61:00.000",
            "-00:01.000 --> 00:02.000",
            "00:+1.000 --> 00:02.000",
            "00:01.50 --> 00:02.000",
            "1.000 --> 2.000",
            "1:2:3:04.000 --> 1:2:3:05.000",
            "٠٠:٠١.٠٠٠ --> ٠٠:٠٢.٠٠٠",
            "00:01.000 --> 00:02.000align:start",
        ] {
            assert!(
                matches!(parse_times(line), Err(LineError::Times(_))),
                "{line}"
            );
        }
    }

    #[test]
    fn a_time_beyond_32_bits_is_too_late() {
        for end in ["596:31:23.648", "99999999999999999999:00:00.000"] {
            let line = format!("00:00.000 --> {end}");
            assert!(
                matches!(parse_times(&line), Err(LineError::TooLate(_))),
                "{line}"
            );
        }
    }
}
