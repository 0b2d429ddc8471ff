//! SubRip, which has no specification, only habits.
//!
//! Only the times can be relied on: counters are missing or repeated, the empty line between two
//! cues is forgotten, and captions contain empty lines. So a caption is everything up to the next
//! times, except a line of digits right above them, which is the counter of the next cue.

use crate::{
    Draft,
    error::{LineError, ReadError, excerpt},
    markup,
    timestamp::{is_times_line, parse_times},
};

/// A cue whose caption is still being read.
struct OpenCue {
    /// The line of its times.
    line: usize,
    /// Its start and end.
    times: (i32, i32),
    /// Its lines so far.
    caption: String,
}

/// Reads a SubRip file.
///
/// # Errors
/// At words before the first times, and at times that cannot be read.
pub(crate) fn read(content: &str) -> Result<Draft, ReadError> {
    let mut cues = Vec::new();
    let mut current: Option<OpenCue> = None;
    let mut lines = content.split('\n').zip(1..).peekable();
    while let Some((line, number)) = lines.next() {
        let before_times = lines.peek().is_some_and(|(next, _)| is_times_line(next));
        if is_times_line(line) {
            let times = parse_times(line).map_err(|error| error.at(number))?;
            let next = OpenCue {
                line: number,
                times,
                caption: String::new(),
            };
            if let Some(last) = current.replace(next) {
                markup::push_cues(&mut cues, last.line, last.times, &last.caption);
            }
        } else if line.trim().is_empty() || (before_times && is_counter(line)) {
            // Neither has words.
        } else if let Some(OpenCue { caption, .. }) = &mut current {
            push_without_overrides(caption, line);
            caption.push('\n');
        } else {
            return Err(LineError::Times(excerpt(line)).at(number));
        }
    }
    if let Some(last) = current {
        markup::push_cues(&mut cues, last.line, last.times, &last.caption);
    }
    Ok(Draft {
        language: None,
        cues,
    })
}

/// Whether a line has digits only, like the counter of a cue.
fn is_counter(line: &str) -> bool {
    line.trim().bytes().all(|byte| byte.is_ascii_digit())
}

/// Appends a line without overrides such as `{\an8}`, by which some tools place a caption on the
/// screen.
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
        let draft = read(content).unwrap();
        draft.cues.into_iter().map(|draft| draft.cue.text).collect()
    }

    #[test]
    fn captions_and_their_markup_are_read() {
        let draft = read(concat!(
            "1\n00:00:01,000 --> 00:00:02,500\n{\\an8}<i>Good</i>\n<font color=red>day</font>\n\n",
            "2\n00:00:03.000 --> 00:00:04.000\n{not} {\\this\n",
        ))
        .unwrap();
        assert_eq!(
            (draft.cues[0].cue.start_ms, draft.cues[0].cue.end_ms),
            (1_000, 2_500)
        );
        assert_eq!(draft.cues[0].cue.text, "Good day");
        assert_eq!(draft.cues[1].cue.text, "{not} {\\this");
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
    fn errors_name_the_line() {
        for (content, line) in [
            ("1\nhello", 1),
            ("1\n00:00:01 --> 00:00:02\nhello", 2),
            ("1\n00:00:01,000 --> 00:00:02,000\nhello --> there", 3),
            ("hello\n00:00:01,000 --> 00:00:02,000\n", 1),
        ] {
            let error = read(content).err().unwrap();
            let start = format!("line {line}: ");
            assert!(
                error.to_string().starts_with(&start),
                "{content:?}: {error}"
            );
        }
    }
}
