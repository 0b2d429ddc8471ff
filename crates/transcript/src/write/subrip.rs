//! SubRip. Few players decode character references, so words are escaped only where they would be
//! taken for something else otherwise.

use std::{
    borrow::Cow,
    fmt::{self, Write},
};

use crate::{
    Cue, markup,
    subrip::without_overrides,
    timestamp::{has_arrow, parse_sbv_times},
    warning::Clock,
};

/// Writes a cue with its number.
pub(super) fn cue(out: &mut impl Write, cue: &Cue, number: u64) -> fmt::Result {
    if number > 1 {
        out.write_str("\n")?;
    }
    let comma = |milliseconds| Clock(milliseconds).to_string().replace('.', ",");
    let (start, end) = (comma(cue.start_ms), comma(cue.end_ms));
    writeln!(out, "{number}\n{start} --> {end}")?;
    let text = match &cue.speaker {
        Some(speaker) => Cow::Owned(format!("{speaker}: {}", cue.text)),
        None => Cow::Borrowed(&*cue.text),
    };
    writeln!(out, "{}", escaped(&text))
}

/// A text as it is, if it is read like that.
fn escaped(text: &str) -> Cow<'_, str> {
    let read = markup::plain(&without_overrides(text));
    if read.as_deref() == Some(text) && !has_arrow(text) && parse_sbv_times(text).is_none() {
        return Cow::Borrowed(text);
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    Cow::Owned(
        escaped
            .replace('>', "&gt;")
            .replace('{', "&#123;")
            .replace(',', "&#44;"),
    )
}
