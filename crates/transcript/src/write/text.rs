//! Plain text, one cue a line.

use std::fmt::{self, Write};

use super::{About, Seconds};
use crate::Cue;

/// Writes the title.
pub(super) fn start(out: &mut impl Write, about: &About) -> fmt::Result {
    match &about.title {
        Some(title) => writeln!(out, "{}\n", title.replace(['\n', '\r'], " ")),
        None => Ok(()),
    }
}

/// Writes a cue.
pub(super) fn cue(out: &mut impl Write, cue: &Cue) -> fmt::Result {
    write!(out, "[{}] ", Seconds(cue.start_ms))?;
    if let Some(speaker) = &cue.speaker {
        write!(out, "{speaker}: ")?;
    }
    writeln!(out, "{}", cue.text)
}
