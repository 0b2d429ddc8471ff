//! WebVTT (<https://www.w3.org/TR/webvtt1/>).
//!
//! The structure is read as browsers read it, with one exception: they skip a block that they
//! cannot make sense of, and here that is an error, because the block may contain words.

use crate::{
    Draft, check_language,
    error::{LineError, ReadError, excerpt},
    markup,
    timestamp::{is_times_line, parse_times},
};

/// The beginning of every WebVTT file.
const SIGNATURE: &str = "WEBVTT";

/// The blocks that are not cues: nothing in them is spoken.
const OTHER_BLOCKS: [&str; 3] = ["NOTE", "STYLE", "REGION"];

/// Reads a WebVTT file.
///
/// # Errors
/// At the first line that WebVTT does not allow in its place.
pub(crate) fn read(content: &str) -> Result<Draft, ReadError> {
    let mut lines = content.split('\n').zip(1..).peekable();
    let (first, _) = lines.next().unwrap_or(("", 1));
    if !begins_with_word(first, SIGNATURE) {
        return Err(LineError::Signature(excerpt(first)).at(1));
    }

    let mut draft = Draft {
        language: None,
        cues: Vec::new(),
    };
    while let Some((header, number)) = lines.next_if(|(line, _)| continues_block(line)) {
        if let Some(name) = header.strip_prefix("Language:") {
            draft.language = check_language(name).map_err(|error| error.at(number))?;
        }
    }

    while let Some((line, number)) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (times, number) = if is_times_line(line) {
            (line, number)
        } else if let Some(second) = lines.next_if(|(line, _)| is_times_line(line)) {
            // The first line was the identifier of the cue.
            second
        } else if OTHER_BLOCKS
            .iter()
            .any(|block| begins_with_word(line, block))
        {
            while lines.next_if(|(line, _)| continues_block(line)).is_some() {}
            continue;
        } else {
            return Err(LineError::Times(excerpt(line)).at(number));
        };
        let times = parse_times(times).map_err(|error| error.at(number))?;
        let mut caption = String::new();
        while let Some((line, _)) = lines.next_if(|(line, _)| continues_block(line)) {
            caption.push_str(line);
            caption.push('\n');
        }
        markup::push_cues(&mut draft.cues, number, times, &caption);
    }
    Ok(draft)
}

/// Whether a line belongs to the block before it. A block ends at an empty line, and also at the
/// times of the next cue, in case the empty line is missing.
fn continues_block(line: &str) -> bool {
    !line.is_empty() && !is_times_line(line)
}

/// Whether a line is `word`, alone or followed by other words.
fn begins_with_word(line: &str, word: &str) -> bool {
    line.strip_prefix(word)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DraftCue;

    #[test]
    fn a_whole_file_is_read() {
        let draft = read(concat!(
            "WEBVTT - A meeting\nKind: captions\nLanguage: en-GB\n\n",
            "STYLE\n::cue { color: red }\n\nREGION\nid:a\n\n",
            "NOTE\nnobody\nsays this\n\n\n",
            "1\n00:01.000 --> 00:02.000 align:start\n<v Ada>Good\nmorning\n\n",
            "NOTE nor this\n\n",
            "00:00:03.000 --> 00:00:01.000\nback\n\n",
            "00:05.000 --> 00:06.000\n&nbsp;\n\n",
            "00:07.000 --> 00:08.000\nno gap\n00:08.000 --> 00:09.000\nend",
        ))
        .unwrap();
        assert_eq!(draft.language.as_deref(), Some("en-GB"));
        let cues: Vec<_> = draft
            .cues
            .iter()
            .map(|DraftCue { cue, .. }| {
                (
                    cue.start_ms,
                    cue.end_ms,
                    cue.speaker.as_deref(),
                    cue.text.as_str(),
                )
            })
            .collect();
        assert_eq!(
            cues,
            [
                (1_000, 2_000, Some("Ada"), "Good morning"),
                (3_000, 3_000, None, "back"),
                (7_000, 8_000, None, "no gap"),
                (8_000, 9_000, None, "end"),
            ]
        );
    }

    #[test]
    fn errors_name_the_line() {
        for (content, line) in [
            ("", 1),
            ("WEBVTTX\n", 1),
            ("WEBVTT\nLanguage: luxembourgish\n", 2),
            ("WEBVTT\n\n00:01.000 --> 2\nhi", 3),
            (
                "WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n\nand more words\n",
                6,
            ),
            ("WEBVTT\n\nid\n00:01.000 -> 00:02.000\nhi", 3),
            ("WEBVTT\n\n00:01.000 --> 999:00:00.000\nhi", 3),
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
