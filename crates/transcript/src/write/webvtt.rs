//! WebVTT as browsers and strict parsers read it: nothing in the header, the language in a comment,
//! speakers in voice tags, and every cue ends after it starts.

use std::fmt::{self, Write};

use super::About;
use crate::{
    Cue,
    warning::Clock,
    webvtt::{INSTANT, LANGUAGE, VOICES_ONLY},
};

/// Writes the signature, the language, and that speakers are in voice tags.
pub(super) fn start(out: &mut impl Write, about: &About) -> fmt::Result {
    writeln!(out, "WEBVTT\n\n{VOICES_ONLY}")?;
    match &about.language {
        Some(language) => {
            write!(out, "\n{LANGUAGE}")?;
            escape(out, language)?;
            out.write_str("\n")
        }
        None => Ok(()),
    }
}

/// Writes a cue.
pub(super) fn cue(out: &mut impl Write, cue: &Cue) -> fmt::Result {
    let start = Clock(cue.start_ms);
    out.write_str("\n")?;
    if cue.end_ms > cue.start_ms {
        writeln!(out, "{start} --> {}", Clock(cue.end_ms))?;
    } else {
        // A cue has to take some time, or strict parsers reject the whole file.
        let end = Clock(cue.start_ms.saturating_add(1));
        writeln!(out, "{INSTANT}\n{start} --> {end}")?;
    }
    if let Some(speaker) = &cue.speaker {
        out.write_str("<v ")?;
        escape(out, speaker)?;
        // The end of the tag would make an arrow of two hyphens.
        out.write_str(if speaker.ends_with("--") { " >" } else { ">" })?;
    }
    escape(out, &cue.text)?;
    out.write_str(if cue.speaker.is_some() {
        "</v>\n"
    } else {
        "\n"
    })
}

/// Writes a text without anything that WebVTT reads as markup. An arrow cannot remain in it.
pub(super) fn escape(out: &mut impl Write, text: &str) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '\n', '\r']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => " ",
        })?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)
}
