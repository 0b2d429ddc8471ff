//! Splitting cues whose text is too long.

use unicode_segmentation::UnicodeSegmentation;

use crate::{Cue, DraftCue, Warning};

/// How many bytes after a part are read to find out whether a word or a character ends there.
const LOOKAHEAD: usize = 64;

/// Splits the cues whose text has more than `max_bytes` bytes of UTF-8 into several with the same
/// speaker. Each gets a share of the time of the original cue, in proportion to its text.
pub(crate) fn split(cues: Vec<DraftCue>, max_bytes: usize) -> (Vec<DraftCue>, Vec<Warning>) {
    let mut warnings = Vec::new();
    let mut split = Vec::with_capacity(cues.len());
    for draft in cues {
        if draft.cue.text.len() <= max_bytes {
            split.push(draft);
            continue;
        }
        let DraftCue { line, cue } = draft;
        let parts = parts(&cue.text, max_bytes);
        warnings.push(Warning::SplitCue {
            line,
            start_ms: cue.start_ms,
            bytes: cue.text.len(),
            parts: parts.len(),
        });
        let texts = with_times(&parts, cue.start_ms, cue.end_ms);
        split.extend(texts.map(|(text, start_ms, end_ms)| DraftCue {
            line,
            cue: Cue {
                start_ms,
                end_ms,
                speaker: cue.speaker.clone(),
                text: text.to_owned(),
                confidence: cue.confidence,
            },
        }));
    }
    (split, warnings)
}

/// The parts of a text, each of at most `max_bytes` bytes, without the whitespace between them.
fn parts(text: &str, max_bytes: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > max_bytes {
        let (part, after) = rest.split_at(end_of_part(rest, max_bytes));
        parts.push(part.trim_end());
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

/// Where the first part of a text ends: after as many whole words as fit. A text without spaces,
/// such as one in Japanese, is split where Unicode allows it between words. A word that does not fit
/// is split between what readers see as characters, and one of these that does not fit between code
/// points.
fn end_of_part(text: &str, max_bytes: usize) -> usize {
    let end = text.floor_char_boundary(max_bytes);
    let window = &text[..text.ceil_char_boundary(end + LOOKAHEAD)];
    let last = |(start, _): (usize, &str)| (0 < start && start <= end).then_some(start);
    // The space after the last word need not fit.
    let space = window.rmatch_indices(char::is_whitespace).find_map(last);
    let word = || window.split_word_bound_indices().rev().find_map(last);
    let character = || window.grapheme_indices(true).rev().find_map(last);
    space
        .filter(|&space| space >= max_bytes / 2)
        .or_else(word)
        .or_else(character)
        .unwrap_or(end)
}

/// The parts of a text that was spoken between these times, with the times of each.
fn with_times<'a>(
    parts: &'a [&'a str],
    start_ms: i32,
    end_ms: i32,
) -> impl Iterator<Item = (&'a str, i32, i32)> {
    let total: usize = parts.iter().map(|part| part.len()).sum();
    let duration = i128::from(end_ms) - i128::from(start_ms);
    let time_after = move |bytes: usize| {
        let elapsed = duration * bytes as i128 / total.max(1) as i128;
        start_ms.saturating_add(i32::try_from(elapsed).unwrap_or(i32::MAX))
    };
    parts.iter().scan(0, move |spoken, part| {
        let start = time_after(*spoken);
        *spoken += part.len();
        Some((*part, start, time_after(*spoken)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cue(text: &str, times: (i32, i32)) -> DraftCue {
        let cue = Cue::new(times, Some("Ada".into()), text, Some(0.5));
        DraftCue {
            line: 7,
            cue: cue.unwrap(),
        }
    }

    #[test]
    fn words_stay_whole_and_time_is_divided_by_text() {
        let (cues, warnings) = split(vec![cue("one two three four", (1000, 2500))], 9);
        let cues: Vec<_> = cues
            .iter()
            .map(|draft| (draft.cue.start_ms, draft.cue.end_ms, &*draft.cue.text))
            .collect();
        let expected = [
            (1000, 1656, "one two"),
            (1656, 2125, "three"),
            (2125, 2500, "four"),
        ];
        assert_eq!(cues, expected);
        let expected = Warning::SplitCue {
            line: 7,
            start_ms: 1000,
            bytes: 18,
            parts: 3,
        };
        assert_eq!(warnings, [expected]);
    }

    #[test]
    fn speakers_and_confidence_are_kept() {
        let (cues, _) = split(vec![cue(&"word ".repeat(10), (0, 0))], 12);
        assert!(cues.len() > 3);
        for DraftCue { line, cue } in cues {
            assert_eq!(line, 7);
            assert_eq!(cue.speaker.as_deref(), Some("Ada"));
            assert_eq!(cue.confidence, Some(0.5));
            assert_eq!((cue.start_ms, cue.end_ms), (0, 0));
        }
    }

    #[test]
    fn texts_without_spaces_are_split_between_words_or_characters() {
        assert_eq!(parts("今日は良い天気", 10), ["今日は", "良い天", "気"]);
        assert_eq!(parts("abcdefgh", 3), ["abc", "def", "gh"]);
        // A letter with an accent, a family and a flag are one character each.
        assert_eq!(parts("ae\u{301}bc", 3), ["a", "e\u{301}", "bc"]);
        assert_eq!(parts("👨‍👩‍👧🇩🇪🇫🇷", 20), ["👨‍👩‍👧", "🇩🇪🇫🇷"]);
        // A character that does not fit is split all the same.
        let zalgo = format!("a{}", "\u{301}".repeat(5));
        assert_eq!(parts(&zalgo, 4).concat(), zalgo);
    }

    #[test]
    fn whitespace_between_parts_is_dropped() {
        let text = format!("a{}b", " ".repeat(100));
        assert_eq!(parts(&text, 10), ["a", "b"]);
        assert_eq!(parts("abc def", 3), ["abc", "def"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "([a-cé👩🇩\u{301}今 ]{0,9}){0,9}", max in 4_usize..40) {
            let parts = parts(text.trim(), max);
            for part in &parts {
                prop_assert!(!part.is_empty() && part.len() <= max && part.trim() == *part);
            }
            let without_spaces = |text: &str| text.replace(char::is_whitespace, "");
            prop_assert_eq!(without_spaces(&parts.concat()), without_spaces(&text));
            let times: Vec<_> = with_times(&parts, 5, 1_000_000_007).collect();
            if let (Some(first), Some(last)) = (times.first(), times.last()) {
                prop_assert_eq!((first.1, last.2), (5, 1_000_000_007));
            }
            prop_assert!(times.windows(2).all(|pair| pair[0].2 == pair[1].1));
        }
    }
}
