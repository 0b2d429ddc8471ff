//! SubRip, which has no specification, only habits; and the `.sbv` files of `YouTube`, which differ in
//! the line of the times.
//!
//! Only the times can be relied on: counters are missing or repeated, the empty line between two
//! cues is forgotten, and captions contain empty lines. So a caption is everything up to the next
//! times, except a line of digits right above them, which is the counter of the next cue.

use crate::{
    Draft, Reason,
    lines::{self, is_blank, lines},
    markup,
    timestamp::{has_arrow, is_times_line, parse_sbv_times, parse_times},
};

/// The lines from one line of times to the next.
struct Block<'a> {
    /// The line where it begins, from 1.
    line: usize,
    /// The counter above its times, if there is one.
    number: Option<u64>,
    /// Its times.
    times: Times<'a>,
    /// Its other lines.
    caption: lines::Block<'a>,
}

/// The times of a block.
enum Times<'a> {
    /// There are none, because it is the beginning of the file.
    None,
    /// The start and the end.
    Range((i32, i32)),
    /// A line that cannot be read, and why.
    Unreadable(&'a str, Reason),
}

/// Reads a SubRip file into an empty draft.
pub(crate) fn read(content: &str, mut draft: Draft) -> Draft {
    let mut block = Block {
        line: 1,
        number: None,
        times: Times::None,
        caption: lines::Block::default(),
    };
    for (line, at) in lines(content) {
        let Some(times) = read_times(&mut draft, line, at) else {
            block.caption.add(content, line);
            continue;
        };
        let number = block.caption.take_number(block.number);
        if let Some((number, false)) = number {
            draft.pass_over(at - 1, &number.to_string(), Reason::Number);
        }
        close(&mut draft, block);
        block = Block {
            line: at,
            number: number.map(|(number, _)| number),
            times,
            caption: lines::Block::default(),
        };
    }
    close(&mut draft, block);
    draft
}

/// Reads a line as the times of a cue, or returns `None` if it has words, which may have an arrow.
fn read_times<'a>(draft: &mut Draft, line: &'a str, at: usize) -> Option<Times<'a>> {
    if !has_arrow(line) {
        return parse_sbv_times(line).map(Times::Range);
    }
    match parse_times(line) {
        Ok(times) => {
            draft.note_times(at, &times);
            Some(Times::Range(times.range))
        }
        Err(reason) => is_times_line(line).then_some(Times::Unreadable(line, reason)),
    }
}

/// Makes a cue of a block.
fn close(draft: &mut Draft, block: Block<'_>) {
    let Block {
        line,
        times,
        caption,
        ..
    } = block;
    match times {
        Times::None => {
            let mut title = caption.text;
            let mut at = line;
            while let Some((first, rest)) = title.split_once('\n')
                && is_blank(first)
            {
                (title, at) = (rest, at + 1);
            }
            draft.pass_over(at, title.trim_end(), Reason::NoCue);
        }
        Times::Range(range) => {
            let mut words = String::with_capacity(caption.text.len());
            for line in caption.text.split_inclusive('\n') {
                add_without_overrides(&mut words, line);
            }
            markup::push_cues(draft, line, range, None, &words);
        }
        Times::Unreadable(times, reason) => {
            let text = format!("{times}\n{}", caption.text);
            draft.pass_over(line, text.trim_end(), reason);
        }
    }
}

/// A line without overrides.
pub(crate) fn without_overrides(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    add_without_overrides(&mut kept, line);
    kept
}

/// Adds a line without overrides such as `{\an8}`, by which some tools place a caption on the screen.
fn add_without_overrides(kept: &mut String, line: &str) {
    let mut rest = line;
    while let Some(start) = rest.find("{\\") {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        kept.push_str(&rest[..start]);
        rest = &rest[start + length + 1..];
    }
    kept.push_str(rest);
}
