//! The lines of caption files, and what both caption formats have in common.

use std::iter::{Peekable, Zip};

/// The lines of a file with their numbers, from 1.
pub(crate) type Lines<'a> = Peekable<Zip<std::str::Split<'a, char>, std::ops::RangeFrom<usize>>>;

/// Splits a file into its lines.
pub(crate) fn lines(content: &str) -> Lines<'_> {
    content.split('\n').zip(1..).peekable()
}

/// Removes whitespace and invisible marks at both ends: byte order marks in the middle of joined
/// files, and the marks of writing direction that editors put before digits.
pub(crate) fn trim_marks(line: &str) -> &str {
    line.trim_matches(|character: char| {
        character.is_whitespace()
            || matches!(character, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    })
}

/// Whether a line shows nothing.
pub(crate) fn is_blank(line: &str) -> bool {
    trim_marks(line).is_empty()
}

/// The number of a cue, if a line consists of digits only.
pub(crate) fn number(line: &str) -> Option<u64> {
    let line = trim_marks(line);
    let is_number = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| line.parse().unwrap_or(u64::MAX))
}

/// The number of the next cue, if it is the last of these lines, which are right above its times.
/// Removes it, and says whether there is no doubt: it counts on from `previous`, or stands alone.
pub(crate) fn take_number(caption: &mut Vec<&str>, previous: Option<u64>) -> Option<(u64, bool)> {
    let next = number(caption.last()?)?;
    caption.pop();
    let stands_alone = caption.last().is_none_or(|line| is_blank(line));
    let counts_on = previous.is_some_and(|previous| previous.checked_add(1) == Some(next));
    Some((next, stands_alone || counts_on))
}
