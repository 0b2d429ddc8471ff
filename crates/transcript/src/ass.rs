//! Advanced SubStation Alpha (`.ass`), and its predecessor SubStation Alpha (`.ssa`).
//!
//! What is said is in the lines `Dialogue:` of the section `[Events]`, whose line `Format:` names their
//! parts. Styles, fonts and pictures are in other sections, and nothing in these is spoken.

use crate::{
    Draft, Reason, Repair,
    lines::{is_blank, lines, trim_marks},
    timestamp::parse_time,
};

/// The beginning of every file.
const SIGNATURE: &str = "[Script Info]";

/// The section with what is said.
const EVENTS: &str = "[Events]";

/// The lines of events that are not spoken.
const OTHER_EVENTS: [&str; 5] = ["Comment", "Picture", "Sound", "Movie", "Command"];

/// Where the parts of an event are.
struct Fields {
    count: usize,
    start: usize,
    end: usize,
    speaker: Option<usize>,
}

impl Default for Fields {
    /// `Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text`.
    fn default() -> Self {
        Self {
            count: 10,
            start: 1,
            end: 2,
            speaker: Some(4),
        }
    }
}

impl Fields {
    /// Reads what follows `Format:`. The text is always last, because it can have commas. None if there
    /// are no times.
    fn new(format: &str) -> Option<Self> {
        let find = |wanted: &[&str]| {
            let mut names = format.split(',').map(str::trim);
            names.position(|name| wanted.iter().any(|it| it.eq_ignore_ascii_case(name)))
        };
        Some(Self {
            count: format.split(',').count(),
            start: find(&["Start"])?,
            end: find(&["End"])?,
            speaker: find(&["Name", "Actor"]),
        })
    }
}

/// Whether a text begins as such a file does.
pub(crate) fn has_signature(content: &str) -> bool {
    let first = trim_marks(content).get(..SIGNATURE.len());
    first.is_some_and(|first| first.eq_ignore_ascii_case(SIGNATURE))
}

/// Reads such a file into an empty draft.
pub(crate) fn read(content: &str, mut draft: Draft) -> Draft {
    let mut fields = Fields::default();
    let mut is_in_events = false;
    for (line, at) in lines(content) {
        let line = trim_marks(line);
        let is_section = line.starts_with('[') && line.ends_with(']');
        if is_section {
            is_in_events = line.eq_ignore_ascii_case(EVENTS);
        } else if is_in_events && !is_blank(line) && !line.starts_with([';', '!']) {
            let (kind, event) = line.split_once(':').unwrap_or(("", line));
            let is = |word: &&str| kind.eq_ignore_ascii_case(word);
            if is(&"Format") {
                fields = Fields::new(event).unwrap_or_default();
            } else if is(&"Dialogue") {
                push_cue(&mut draft, at, line, event, &fields);
            } else if !OTHER_EVENTS.iter().any(is) {
                draft.pass_over(at, line, Reason::Event);
            }
        }
    }
    draft
}

/// Makes a cue of an event.
fn push_cue(draft: &mut Draft, at: usize, line: &str, event: &str, fields: &Fields) {
    let parts: Vec<&str> = event.splitn(fields.count, ',').collect();
    let part = |index: usize| parts.get(index).copied();
    let (Some(words), Some(start)) = (
        part(fields.count - 1),
        part(fields.start).and_then(parse_time),
    ) else {
        return draft.pass_over(at, line, Reason::Event);
    };
    let Ok(start) = i32::try_from(start) else {
        return draft.pass_over(at, line, Reason::TooLate);
    };
    let end = part(fields.end).and_then(parse_time);
    let end = end.and_then(|end| i32::try_from(end).ok());
    if start < 0 {
        draft.repair(at, Repair::NegativeStart);
    }
    if end.is_none() {
        draft.repair(at, Repair::End);
    }
    let start = start.max(0);
    let range = (start, end.unwrap_or(start).max(start));
    let speaker = fields.speaker.and_then(part);
    draft.push(at, range, speaker, &plain(words), None);
}

/// The words of an event without overrides such as `{\i1}`, drawings, and escapes.
fn plain(words: &str) -> String {
    let mut plain = String::with_capacity(words.len());
    let mut is_drawing = false;
    let mut rest = words;
    while let Some(first) = rest.chars().next() {
        if let Some((overrides, after)) = rest
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'))
        {
            is_drawing = draws(overrides).unwrap_or(is_drawing);
            rest = after;
            continue;
        }
        let (character, length) = match rest.get(..2) {
            Some("\\N" | "\\n") => ('\n', 2),
            Some("\\h") => (' ', 2),
            _ => (first, first.len_utf8()),
        };
        if !is_drawing {
            plain.push(character);
        }
        rest = &rest[length..];
    }
    plain
}

/// Whether overrides begin a drawing, whose commands are not words, or end one. None if they do neither.
fn draws(overrides: &str) -> Option<bool> {
    let mut scales = overrides.split('\\').filter_map(|tag| {
        let scale = tag.trim().strip_prefix('p')?;
        scale.parse::<u32>().ok()
    });
    Some(scales.next_back()? > 0)
}

#[cfg(test)]
mod tests {
    use crate::{Format, tests::assert_read};

    const HEAD: &str = "[Script Info]\nTitle: A talk\nScriptType: v4.00+\n\n[V4+ Styles]\n\
        Format: Name, Fontname\nStyle: Default,Arial\n\n[Events]\n";

    #[test]
    fn dialogue_is_read() {
        let file = format!(
            "{HEAD}Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
            Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,a note of the editor\n\
            Dialogue: 0,0:00:01.50,0:00:02.00,Default,Ada,0,0,0,,{{\\i1}}Hello,{{\\i0}} all\\Nof\\hyou\n\
            Dialogue: 0,0:00:02.00,0:00:03.00,Default,,0,0,0,,{{\\p1}}m 0 0 l 9 9{{\\p0}}so <b>\n\
            Dialogue: 0,0:00:04.00,,Default,Max,0,0,0,,no end\n\
            Dialogue: 0,soon,0:00:03.00,Default,Max,0,0,0,,no start\n\
            Dialogue: 0,0:00:05.00\n\
            words that are no event\n\
            ; a comment\n\n\
            [Fonts]\nfontname: a.ttf\nDialogue of bytes\n"
        );
        let event =
            "expected an event, such as `Dialogue: 0,0:00:01.00,0:00:04.00,Default,Ada,0,0,0,,Hi`";
        assert_read(
            &file,
            Format::Ass,
            &[
                "1500-2000 Ada: Hello, all of you",
                "2000-3000 -: so <b>",
                "4000-4000 Max: no end",
            ],
            &[
                "14: the end of a cue cannot be read; it ends when it starts",
                &format!(
                    "15: passed over \"Dialogue: 0,soon,0:00:03.00,Default,Max,0,0,0,,no start\": {event}"
                ),
                &format!("16: passed over \"Dialogue: 0,0:00:05.00\": {event}"),
                &format!("17: passed over \"words that are no event\": {event}"),
            ],
        );
    }

    #[test]
    fn the_format_names_the_parts() {
        let file = "[script info]\r\n[Events]\r\nFormat: Marked, Start, End, Actor, Text\r\n\
            Dialogue: Marked=0,0:00:01.00,1:00:02.00,Ada,a, b\r\n";
        assert_read(file, Format::Ass, &["1000-3602000 Ada: a, b"], &[]);
        let bare = "[Events]\nDialogue: 0,-0:00:01.00,0:00:02.00,x,,0,0,0,,early\n";
        let negative = "2: a cue that starts before 0 starts at 0";
        assert_read(bare, Format::Ass, &["0-2000 -: early"], &[negative]);
    }
}
