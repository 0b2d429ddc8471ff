//! Markdown, to be read by people: what a speaker says is one paragraph, and chapters are headings.

use std::fmt::{self, Write};

use super::{About, Chapter, Seconds};
use crate::Cue;

/// The characters that mean something in Markdown, wherever they are in a line.
const SPECIAL: [char; 11] = ['\\', '`', '*', '_', '[', ']', '<', '>', '&', '~', '|'];

/// Writes the title, the participants and the markers.
pub(super) fn start(out: &mut impl Write, about: &About) -> fmt::Result {
    let title = about.title.as_deref().unwrap_or("Transcript");
    writeln!(out, "# {}", Escaped(title))?;
    if !about.participants.is_empty() {
        out.write_str("\n## Participants\n\n")?;
    }
    for name in &about.participants {
        writeln!(out, "- {}", Escaped(name))?;
    }
    if !about.chapters.is_empty() {
        out.write_str("\n## Chapters\n\n")?;
    }
    for Chapter { start_ms, title } in &about.chapters {
        writeln!(out, "- {} {}", Seconds(*start_ms), Escaped(title))?;
    }
    if !about.markers.is_empty() {
        out.write_str("\n## Markers\n\n")?;
    }
    for marker in &about.markers {
        let (at, kind) = (Seconds(marker.at_ms), Escaped(&marker.kind));
        writeln!(out, "- {at} {kind}: {}", Escaped(&marker.text))?;
    }
    out.write_str("\n## Transcript\n")
}

/// Writes a cue, and the headings of the chapters that begin with it. It goes on with the paragraph
/// of the cue before, if the same speaker goes on.
pub(super) fn cue(
    out: &mut impl Write,
    cue: &Cue,
    begun: &[Chapter],
    goes_on: bool,
) -> fmt::Result {
    headings(out, begun)?;
    if goes_on {
        return writeln!(out, "{}", Escaped(&cue.text));
    }
    let at = Seconds(cue.start_ms);
    match &cue.speaker {
        Some(speaker) => write!(out, "\n**{}** ({at})\n\n", Escaped(speaker))?,
        None => write!(out, "\n({at})\n\n")?,
    }
    writeln!(out, "{}", Escaped(&cue.text))
}

/// Writes the headings of chapters in which nobody speaks.
pub(super) fn finish(out: &mut impl Write, left: &[Chapter], is_empty: bool) -> fmt::Result {
    headings(out, left)?;
    if is_empty {
        out.write_str("\nNobody speaks in this recording.\n")?;
    }
    Ok(())
}

fn headings(out: &mut impl Write, chapters: &[Chapter]) -> fmt::Result {
    for chapter in chapters {
        writeln!(out, "\n### {}", Escaped(&chapter.title))?;
    }
    Ok(())
}

/// A text on one line, without anything that Markdown reads as markup.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.trim_start();
        // At the beginning of a line these make headings, lists and lines.
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = text.split_at(digits);
        f.write_str(number)?;
        let is_special = if digits == 0 {
            rest.starts_with(['#', '+', '-', '='])
        } else {
            rest.starts_with(['.', ')'])
        };
        if is_special {
            f.write_char('\\')?;
        }
        for character in rest.chars() {
            match character {
                '\n' | '\r' => f.write_char(' ')?,
                _ if SPECIAL.contains(&character) => write!(f, "\\{character}")?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}
