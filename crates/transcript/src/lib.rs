//! Transcripts from files: WebVTT, SubRip and the JSON that Whisper writes.
//!
//! [`read`] turns the bytes of one file into a [`Transcript`]. This crate knows the formats and
//! nothing else: no database, no GraphQL and no command line. Each format has a module of its own.
//!
//! A file is read completely or not at all: a malformed line is an error that names the line, so
//! half a meeting is never imported. The formats differ in syntax only, and these rules hold for
//! all of them:
//!
//! - **Encoding.** UTF-8, or UTF-16 with a byte order mark. A NUL character is an error, because
//!   some databases, such as PostgreSQL, cannot store one.
//! - **Times** are milliseconds in 32 bits. A later or a negative time is an error. A cue that ends
//!   before it starts is read as one that ends when it starts: transcripts are ordered by start, so
//!   the start is the time to trust.
//! - **Text** becomes one line, because line breaks in a caption are only layout, and would get in
//!   the way of searching for words. A cue without words is dropped, even if it names a speaker.
//! - **Markup** that the caption formats define is removed. Anything else in angle brackets, such as
//!   `<laughs>`, is part of the words and stays. Character references (`&amp;`, `&#39;`) are decoded.
//! - **Voices.** A cue in which several speakers talk becomes one cue for each stretch of speech, and
//!   each has the times of the original cue.
//! - **Labels.** Many meeting tools write `Ada: Good morning` instead of a voice tag. A single such
//!   line could just as well be a sentence with a colon in it, so labels become speakers only if
//!   every cue of a caption file has one, at least one label occurs twice, and there are no voice
//!   tags. Otherwise they stay in the text.
//! - **Speakers** with names longer than 50 characters are shortened to that length, with `…` at the
//!   end and numbered if necessary, so that two speakers of one file never become one. The text of
//!   their cues does not change; a [`Warning`] gives the full name.
//! - **Length.** A cue with more than 16,384 bytes of text becomes several, which share its time in
//!   proportion to their texts. They are split between words, or between characters where there are
//!   none. A [`Warning`] names the cue.
//! - **Order.** Cues are sorted by start. Those that start together keep the order of the file.

mod cue;
mod encoding;
mod error;
mod format;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod markup;
mod speaker;
mod split;
mod subrip;
#[cfg(test)]
mod tests;
mod timestamp;
mod warning;
mod webvtt;
mod whisper;

use std::path::Path;

pub use self::{
    cue::{
        Cue, MAX_LANGUAGE_LENGTH, MAX_SPEAKER_LENGTH, MAX_TEXT_BYTES, Transcript, check_language,
    },
    error::{LineError, ReadError},
    format::Format,
    warning::Warning,
};

/// What is known about a file before it is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions<'a> {
    /// The format. Without one it is detected from the content and the file name.
    pub format: Option<Format>,
    /// The name of the file, whose extension helps to detect the format.
    pub file_name: Option<&'a Path>,
}

/// What the reader of one format returns, in the order of the file.
struct Draft {
    /// The language, checked for its length.
    language: Option<String>,
    /// The cues that have words.
    cues: Vec<DraftCue>,
}

/// A cue and where it was found.
struct DraftCue {
    /// The line of its times, from 1; `None` in JSON, whose parser does not report lines.
    line: Option<usize>,
    /// The cue.
    cue: Cue,
}

/// Reads a transcript from the bytes of a file.
///
/// # Errors
/// If the file is empty, if its format cannot be detected, if it breaks the rules of its format, or
/// if it has no words at all.
pub fn read(bytes: &[u8], options: ReadOptions<'_>) -> Result<Transcript, ReadError> {
    let content = encoding::decode(bytes)?;
    if content.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    let format = options
        .format
        .or_else(|| Format::detect(options.file_name, &content))
        .ok_or(ReadError::UnknownFormat)?;
    let Draft { language, mut cues } = match format {
        Format::WebVtt => webvtt::read(&content),
        Format::SubRip => subrip::read(&content),
        Format::Json => whisper::read(&content),
    }?;
    if cues.is_empty() {
        return Err(ReadError::NoWords);
    }
    if format.is_caption() {
        speaker::take_labels(&mut cues);
    }
    let (mut cues, split) = split::split(cues, MAX_TEXT_BYTES);
    cues.sort_by_key(|draft| draft.cue.start_ms);
    let shortened = speaker::shorten(&mut cues);
    let warnings = shortened.into_iter().chain(split).collect();
    Ok(Transcript {
        language,
        cues: cues.into_iter().map(|draft| draft.cue).collect(),
        warnings,
    })
}
