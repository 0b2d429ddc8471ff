//! The markup inside captions: tags, voices and character references.

use std::sync::Arc;

use crate::{Draft, cue::beginning_of_name};

/// The tags that WebVTT defines, and those that SubRip players support. They are removed;
/// everything else in angle brackets is text.
const FORMATTING: [&str; 9] = ["b", "c", "font", "i", "lang", "rt", "ruby", "s", "u"];

/// The tag that names a speaker.
const VOICE: &str = "v";

/// The most tags that can be open at once. Deeper ones are ignored, which bounds the time that a
/// hostile caption takes.
const MAX_DEPTH: usize = 100;

/// Appends the cues of one caption whose times were found at `line`: one cue for each stretch of
/// speech by one voice, in order, and each with these times. What is outside of any voice is said by
/// `speaker`.
pub(crate) fn push_cues(
    draft: &mut Draft,
    line: usize,
    range: (i32, i32),
    speaker: Option<&str>,
    caption: &str,
) {
    for_each_stretch(caption, |voice, text| {
        draft.push(line, range, voice.or(speaker), &decode(text), None);
    });
}

/// The words of a caption without a voice. `None` if there is one.
pub(crate) fn plain(caption: &str) -> Option<String> {
    let mut plain = Some(String::new());
    let mut count = 0;
    for_each_stretch(caption, |voice, text| {
        count += 1;
        plain = (voice.is_none() && count == 1).then(|| decode(text));
    });
    plain
}

/// Hands over the stretches of speech of a caption, each with its voice, and with character references
/// still in its words. They are not collected, because there can be one for a few bytes of the file.
///
/// Voices nest, and tags are closed as in browsers: an end tag that does not match the innermost
/// open tag has no effect.
fn for_each_stretch(caption: &str, mut hand_over: impl FnMut(Option<&str>, &str)) {
    let mut stretch: Option<(Option<Arc<str>>, String)> = None;
    let mut open: Vec<(&str, Option<Arc<str>>)> = Vec::new();
    for piece in pieces(caption) {
        match piece {
            Piece::Start(tag, annotation) => {
                // Ruby text is only a tag of its own inside of a ruby.
                let is_tag = tag != "rt" || open.last().is_some_and(|(last, _)| *last == "ruby");
                if open.len() < MAX_DEPTH && is_tag {
                    open.push((
                        tag,
                        (tag == VOICE).then(|| decode(beginning_of_name(annotation)).into()),
                    ));
                }
            }
            Piece::End(tag) => {
                if tag == "ruby" && open.last().is_some_and(|(last, _)| *last == "rt") {
                    open.pop();
                }
                if open.last().is_some_and(|(last, _)| *last == tag) {
                    open.pop();
                }
            }
            Piece::Nothing => {}
            Piece::Text(words) => {
                let speaker = open.iter().rev().find_map(|(_, voice)| voice.as_ref());
                match &mut stretch {
                    // The blanks between two voices belong to nobody, and must not split what one
                    // speaker says in two tags.
                    Some((last, text)) if last.as_ref() == speaker || words.trim().is_empty() => {
                        text.push_str(words);
                    }
                    _ => {
                        let next = (speaker.cloned(), words.to_owned());
                        if let Some((last, text)) = stretch.replace(next) {
                            hand_over(last.as_deref(), &text);
                        }
                    }
                }
            }
        }
    }
    if let Some((last, text)) = stretch {
        hand_over(last.as_deref(), &text);
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
    /// The start of a known tag by its name, and what follows the name, with character references
    /// still in it.
    Start(&'static str, &'a str),
    /// The end of a known tag.
    End(&'static str),
    /// A timestamp. Karaoke captions have one before each word.
    Nothing,
}

/// Splits a caption at its tags. This takes linear time: the search for the end of a tag stops at
/// the next `<`, except in voices, and once there is no `>` any more, nothing searches for one.
fn pieces(caption: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = caption;
    let last_end = caption.rfind('>').unwrap_or_default();
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let can_end = caption.len() - rest.len() < last_end;
        let tag = can_end.then(|| tag(rest)).flatten();
        let (piece, length) = tag.unwrap_or_else(|| {
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
    // The name of a speaker may contain a `<`.
    let is_voice = inside.starts_with("v ") || inside.starts_with("v.");
    let end = if is_voice {
        inside.find('>')?
    } else {
        inside.find(['<', '>'])?
    };
    if !inside[end..].starts_with('>') {
        return None;
    }
    let inside = &inside[..end];
    let (is_start, inside) = match inside.strip_prefix('/') {
        Some(inside) => (false, inside),
        None => (true, inside),
    };
    let (tag, annotation) = inside
        .split_once(char::is_whitespace)
        .unwrap_or((inside, ""));
    let is_empty = tag.ends_with('/');
    let tag = tag.trim_end_matches('/');
    let name = tag.split_once('.').map_or(tag, |(name, _classes)| name);
    let known = FORMATTING
        .into_iter()
        .chain([VOICE])
        .find(|known| name.eq_ignore_ascii_case(known));
    let piece = match known {
        Some(_) if is_empty => Piece::Nothing,
        Some(name) if is_start => Piece::Start(name, annotation),
        Some(name) => Piece::End(name),
        None if name.eq_ignore_ascii_case("br") => Piece::Text("\n"),
        None if is_timestamp(inside) => Piece::Nothing,
        None => return None,
    };
    Some((piece, end + 2))
}

/// Whether a tag is a timestamp.
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
        let mut draft = Draft::default();
        push_cues(&mut draft, 1, (0, 1), None, caption);
        let cues = draft.cues.into_iter();
        cues.map(|draft| {
            (
                draft.cue.speaker.as_deref().map(str::to_owned),
                draft.cue.text,
            )
        })
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
        assert_eq!(spoken("<v A<B>Hello</v>"), [said("A<B", "Hello")]);
    }

    #[test]
    fn a_placeholder_is_not_a_name() {
        assert_eq!(spoken("<v ->Hello</v>"), [said("", "Hello")]);
        assert_eq!(spoken("<v - >Hello</v>"), [said("", "Hello")]);
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
    fn the_outer_voice_goes_on_after_an_inner_one() {
        let nested = [said("A", "one"), said("B", "two"), said("A", "three")];
        assert_eq!(spoken("<v A>one <v B>two</v> three</v>"), nested);
        assert_eq!(spoken("<v A>one <i><v B>two</v></i> three"), nested);
        assert_eq!(
            spoken("<v A>one</v> two"),
            [said("A", "one"), said("", "two")]
        );
        // An end tag that does not match the innermost tag has no effect.
        assert_eq!(spoken("<v A><i>one</v> two"), [said("A", "one two")]);
        assert_eq!(
            spoken("<v A><ruby>one<rt>two</ruby></v> three"),
            [said("A", "onetwo"), said("", "three")]
        );
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
            "<v ",
            "<é>",
            "<|en|>",
        ] {
            assert_eq!(spoken(text), [said("", text.trim())]);
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
        for unit in [
            "<", "<v ", "<v a>", "&", "&#", "&lt", "</v>x", "<v a>x", "<i>", "<i></v>x",
        ] {
            spoken(&unit.repeat(50_000));
            spoken(&format!("{}>", unit.repeat(50_000)));
        }
    }
}
