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

/// Some lines of a file, one after the other. They are a piece of the file and not a list, because a
/// list of short lines takes many times as much memory as the lines.
#[derive(Clone, Copy, Default)]
pub(crate) struct Block<'a> {
    /// The lines, without the line feed after the last one.
    pub(crate) text: &'a str,
    /// How many there are.
    pub(crate) count: usize,
}

impl<'a> Block<'a> {
    /// Adds the line of `content` that follows, or the first one.
    pub(crate) fn add(&mut self, content: &'a str, line: &'a str) {
        let first = if self.count == 0 { line } else { self.text };
        let begin = first.as_ptr().addr() - content.as_ptr().addr();
        let end = line.as_ptr().addr() - content.as_ptr().addr() + line.len();
        // Both are pieces of the file.
        self.text = content.get(begin..end).unwrap_or(line);
        self.count += 1;
    }

    /// The number of the next cue, if it is the last of these lines, which are right above its times.
    /// Removes it, and says whether there is no doubt: it counts on from `previous`, or stands alone.
    pub(crate) fn take_number(&mut self, previous: Option<u64>) -> Option<(u64, bool)> {
        let last = |text: &'a str| text.rsplit_once('\n').unwrap_or(("", text));
        let (before, line) = last(self.text);
        let next = number(line)?;
        (self.text, self.count) = (before, self.count - 1);
        let stands_alone = is_blank(last(before).1);
        let counts_on = previous.is_some_and(|previous| previous.checked_add(1) == Some(next));
        Some((next, stands_alone || counts_on))
    }
}
