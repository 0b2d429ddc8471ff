//! SubRip, which has no specification, only habits.
//!
//! The times are all that can be relied on: counters are missing or repeated,
//! the empty line between two cues is forgotten, and others stand in the midst
//! of a caption. So a caption is everything up to the next times, except a line
//! of digits right above them: that is the counter of the next cue.

use super::error::{LineError, Problem, excerpt};
use super::timestamp::{is_times_line, parse_times};
use super::{Draft, markup};

/// Reads a SubRip file.
///
/// # Errors
/// At words before the first times, and at times that cannot be read.
pub(super) fn parse(content: &str) -> Result<Draft, LineError> {
    let mut cues = Vec::new();
    let mut current: Option<((i32, i32), String)> = None;
    let mut lines = content.split('\n').zip(1..).peekable();
    while let Some((line, number)) = lines.next() {
        let before_times = lines.peek().is_some_and(|(next, _)| is_times_line(next));
        if is_times_line(line) {
            let times = parse_times(line).map_err(|problem| problem.at(number))?;
            if let Some((times, caption)) = current.replace((times, String::new())) {
                markup::push_cues(&mut cues, times, &caption);
            }
        } else if line.trim().is_empty() || (before_times && is_counter(line)) {
            // Neither holds words.
        } else if let Some((_, caption)) = &mut current {
            push_without_overrides(caption, line);
            caption.push('\n');
        } else {
            return Err(Problem::Times(excerpt(line)).at(number));
        }
    }
    if let Some((times, caption)) = current {
        markup::push_cues(&mut cues, times, &caption);
    }
    Ok(Draft {
        language: None,
        cues,
    })
}

/// Whether a line is digits alone, as the counter of a cue is.
fn is_counter(line: &str) -> bool {
    line.trim().bytes().all(|byte| byte.is_ascii_digit())
}

/// Appends a line without overrides such as `{\an8}`, which some tools write to
/// place a caption on the screen.
fn push_without_overrides(caption: &mut String, line: &str) {
    let mut rest = line;
    while let Some(start) = rest.find("{\\") {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        caption.push_str(&rest[..start]);
        rest = &rest[start + length + 1..];
    }
    caption.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(content: &str) -> Vec<String> {
        let draft = parse(content).unwrap();
        draft.cues.into_iter().map(|cue| cue.text).collect()
    }

    #[test]
    fn captions_and_their_markup_are_read() {
        let draft = parse(concat!(
            "1\n00:00:01,000 --> 00:00:02,500\n{\\an8}<i>Good</i>\n<font color=red>day</font>\n\n",
            "2\n00:00:03.000 --> 00:00:04.000\n{not} {\\this\n",
        ))
        .unwrap();
        assert_eq!(
            (draft.cues[0].start_ms, draft.cues[0].end_ms),
            (1_000, 2_500)
        );
        assert_eq!(draft.cues[0].text, "Good day");
        assert_eq!(draft.cues[1].text, "{not} {\\this");
    }

    #[test]
    fn common_quirks_lose_no_words() {
        let times = "00:00:01,000 --> 00:00:02,000";
        let no_gap = format!("1\n{times}\none\n2\n{times}\ntwo");
        assert_eq!(texts(&no_gap), ["one", "two"]);
        let no_counter = format!("\n\n{times}\none\n\n\n{times}\n\n42\n\n{times}\nlast\n 4 \n");
        assert_eq!(texts(&no_counter), ["one", "42", "last 4"]);
        let gap_within = format!("1\n{times}\n\none\n \nmore\n\n2\n{times}\n\n3\n{times}\ntwo");
        assert_eq!(texts(&gap_within), ["one more", "two"]);
    }

    #[test]
    fn what_is_malformed_is_placed() {
        for (content, line) in [
            ("1\nhello", 1),
            ("1\n00:00:01 --> 00:00:02\nhello", 2),
            ("1\n00:00:01,000 --> 00:00:02,000\nhello --> there", 3),
            ("hello\n00:00:01,000 --> 00:00:02,000\n", 1),
        ] {
            assert_eq!(parse(content).err().unwrap().line, line, "{content:?}");
        }
    }
}
