//! The markup inside captions: tags, voices and character references.

use crate::{Cue, DraftCue};

/// The tags that WebVTT defines, and those that SubRip players support. They are removed;
/// everything else in angle brackets is text.
const FORMATTING: [&str; 9] = ["b", "c", "font", "i", "lang", "rt", "ruby", "s", "u"];

/// The tag that names a speaker.
const VOICE: &str = "v";

/// Appends the cues of one caption whose `times` were found at `line`: one cue for each stretch of
/// speech by one voice, in order, and each with these times.
pub(crate) fn push_cues(cues: &mut Vec<DraftCue>, line: usize, times: (i32, i32), caption: &str) {
    let mut stretches: Vec<(Option<String>, String)> = Vec::new();
    let mut speaker = None;
    for piece in pieces(caption) {
        match piece {
            Piece::Voice(name) => speaker = Some(decode(name)),
            Piece::VoiceEnd => speaker = None,
            Piece::Formatting => {}
            // The blanks between two voices belong to nobody, and must not split what one speaker
            // says in two tags.
            Piece::Text(words) => match stretches.last_mut() {
                Some((last, text)) if *last == speaker || words.trim().is_empty() => {
                    text.push_str(words);
                }
                _ => stretches.push((speaker.clone(), words.to_owned())),
            },
        }
    }
    for (speaker, text) in stretches {
        let cue = Cue::new(times, speaker, &decode(&text), None);
        cues.extend(cue.map(|cue| DraftCue {
            line: Some(line),
            cue,
        }));
    }
}

/// Decodes character references. Only those that end in a semicolon count: people do say `R&D`, and
/// write `&copy that`.
fn decode(text: &str) -> String {
    html_escape::decode_html_entities(text).into_owned()
}

/// A piece of a caption.
enum Piece<'a> {
    /// Words, with character references still in them.
    Text(&'a str),
    /// A tag that changes how words look or sound, but not the words.
    Formatting,
    /// The start of a voice, by name, with character references still in it.
    Voice(&'a str),
    /// The end of a voice.
    VoiceEnd,
}

/// Splits a caption at its tags. This takes linear time: the search for the end of a tag stops at
/// the next `<`, so nothing is searched twice.
fn pieces(caption: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = caption;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (piece, length) = tag(rest).unwrap_or_else(|| {
            let start = first.len_utf8();
            let length = rest[start..].find('<').map_or(rest.len(), |at| start + at);
            (Piece::Text(&rest[..length]), length)
        });
        rest = &rest[length..];
        Some(piece)
    })
}

/// Reads a known tag at the start of `text`. Returns its length in bytes, too.
fn tag(text: &str) -> Option<(Piece<'_>, usize)> {
    let inside = text.strip_prefix('<')?;
    let end = inside.find(['<', '>'])?;
    if !inside[end..].starts_with('>') {
        return None;
    }
    let inside = &inside[..end];
    let (opening, inside) = match inside.strip_prefix('/') {
        Some(inside) => (false, inside),
        None => (true, inside),
    };
    let (tag, annotation) = inside
        .split_once(char::is_whitespace)
        .unwrap_or((inside, ""));
    let tag = tag.trim_end_matches('/');
    let name = tag.split_once('.').map_or(tag, |(name, _classes)| name);
    let known = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    let piece = if known(&[VOICE]) {
        if opening {
            Piece::Voice(annotation)
        } else {
            Piece::VoiceEnd
        }
    } else if known(&["br"]) {
        Piece::Text("\n")
    } else if known(&FORMATTING) || is_timestamp(inside) {
        Piece::Formatting
    } else {
        return None;
    };
    Some((piece, end + 2))
}

/// Whether a tag is a timestamp. Karaoke captions have one before each word.
fn is_timestamp(inside: &str) -> bool {
    inside.contains(':')
        && inside
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(caption: &str) -> Vec<(Option<String>, String)> {
        let mut cues = Vec::new();
        push_cues(&mut cues, 1, (0, 1), caption);
        cues.into_iter()
            .map(|draft| (draft.cue.speaker, draft.cue.text))
            .collect()
    }

    fn said(speaker: &str, text: &str) -> (Option<String>, String) {
        let speaker = (!speaker.is_empty()).then(|| speaker.to_owned());
        (speaker, text.to_owned())
    }

    #[test]
    fn voices_name_the_speaker() {
        assert_eq!(spoken("<v Ada>Hello"), [said("Ada", "Hello")]);
        assert_eq!(
            spoken("<v.loud.first Ada  &amp;\nGrace>Hello</v>"),
            [said("Ada & Grace", "Hello")]
        );
        assert_eq!(spoken("<v>Hello"), [said("", "Hello")]);
        assert_eq!(spoken("<v Ada></v>"), []);
    }

    #[test]
    fn each_voice_of_a_cue_becomes_a_cue() {
        assert_eq!(
            spoken("Well, <v Ada>yes</v>\n<v Ada>and</v>\n<v Grace>no"),
            [
                said("", "Well,"),
                said("Ada", "yes and"),
                said("Grace", "no")
            ]
        );
        assert_eq!(spoken("<v Ada>one <v Ada>two"), [said("Ada", "one two")]);
    }

    #[test]
    fn markup_is_removed_and_words_stay() {
        assert_eq!(
            spoken("<i.x>a</i> <00:00:01.000><c>b</c> <lang en>c</lang> <ruby>d<rt>e</rt></ruby>"),
            [said("", "a b c de")]
        );
        assert_eq!(
            spoken("<FONT color=\"#fff\">a</FONT><br/>b"),
            [said("", "a b")]
        );
        for text in [
            "<laughs>",
            "a < b > c",
            "<3",
            "<",
            ">",
            "<>",
            "</>",
            "<i",
            "<é>",
            "<|en|>",
        ] {
            assert_eq!(spoken(text), [said("", text)]);
        }
    }

    #[test]
    fn character_references_are_decoded_once() {
        assert_eq!(
            spoken("&lt;i&gt; R&D &amp;amp; &#65;&#x42;&nbsp;&copy that &#0;"),
            [said("", "<i> R&D &amp; AB\u{a0}&copy that &#0;")]
        );
    }

    #[test]
    fn hostile_captions_take_linear_time() {
        for unit in ["<", "<v ", "<v a>", "&", "&#", "&lt", "</v>x", "<v a>x"] {
            spoken(&unit.repeat(200_000));
        }
    }
}
