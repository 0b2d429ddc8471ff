//! Transcripts from files and to files: WebVTT, SubRip, SubStation Alpha, and the JSON of speech
//! recognition.
//!
//! [`read`] turns the bytes of one file into a [`Transcript`], and a [`Writer`] turns cues into a
//! file. This crate knows the formats and nothing else: no database, no GraphQL and no command line.
//! Each format has a module of its own.
//!
//! What a browser, ffmpeg or the program that wrote the file reads is read. What is passed over, or
//! read as something that the file does not quite say, is a [`Warning`] with its line and its text,
//! so that no word is lost unseen. A file is rejected only if nothing says what it is, if its JSON is
//! broken, or if it has no words; with [`ReadOptions::strict`] also at the first warning about it.
//! The formats differ in syntax only, and these rules hold for all of them:
//!
//! - **Encoding.** UTF-8; UTF-16 with a byte order mark or with ASCII at the beginning; Windows-1252
//!   for a file that has bytes beyond ASCII, and none of them is UTF-8. A character that cannot be
//!   decoded becomes U+FFFD, and so does NUL, which some databases, such as PostgreSQL, cannot store.
//! - **Times** are milliseconds in 32 bits. A cue that starts later is passed over, and one that
//!   starts before 0 starts at 0. A cue that ends before it starts is read as one that ends when it
//!   starts: transcripts are ordered by start, so the start is the time to trust.
//! - **Text** becomes one line, because line breaks in a caption are only layout, and would get in
//!   the way of searching for words. A cue without words is dropped, even if it names a speaker.
//! - **Markup** that the caption formats define is removed. Anything else in angle brackets, such as
//!   `<laughs>`, is part of the words and stays. Character references (`&amp;`, `&#39;`) are decoded.
//! - **Voices.** A cue in which several speakers talk becomes one cue for each stretch of speech, and
//!   each has the times of the original cue. After a voice within another one the outer one goes on.
//! - **Labels.** Many meeting tools write `Ada: Good morning` instead of a voice tag. A single such
//!   line could just as well be a sentence with a colon in it, so labels become speakers only if
//!   every cue of a caption file has one, at least one label occurs twice, and there are no voice
//!   tags. Otherwise they stay in the text. [`SpeakerLabels`] changes that.
//! - **Speakers** with names longer than 50 characters are shortened to that length, with `…` at the
//!   end and numbered if necessary, so that two speakers of one file never become one. The text of
//!   their cues does not change; a [`Warning`] gives the full name. `-` is not a name.
//! - **Length.** A cue with more than 16,384 bytes of text becomes several, which share its time in
//!   proportion to their texts. They are split between words, or between characters where there are
//!   none. A [`Warning`] names the cue.
//! - **Order.** Cues are sorted by start. Those that start together keep the order of the file.

mod ass;
mod cue;
mod draft;
mod encoding;
mod error;
mod format;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod json;
mod language;
mod lines;
mod markup;
mod speaker;
mod split;
mod subrip;
#[cfg(test)]
mod tests;
mod timestamp;
mod warning;
mod webvtt;
mod write;

use std::{borrow::Cow, path::Path};

use self::draft::{Draft, DraftCue};
pub use self::{
    cue::{Cue, MAX_LANGUAGE_LENGTH, MAX_SPEAKER_LENGTH, MAX_TEXT_BYTES, Transcript},
    error::{LineError, ReadError},
    format::Format,
    language::check_language,
    warning::{Reason, Repair, Warning},
    write::{About, Chapter, Marker, OutputFormat, Spoken, Writer},
};

/// What is known about a file before it is read, and how it is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions<'a> {
    /// The format. Without one it is detected from the content and the file name.
    pub format: Option<Format>,
    /// The name of the file, whose extension helps to detect the format.
    pub file_name: Option<&'a Path>,
    /// Rejects a file at the first warning about it, see [`Warning::is_fault`].
    pub strict: bool,
    /// What becomes of labels such as `Ada: ` in caption files.
    pub speaker_labels: SpeakerLabels,
    /// The unit of numbers that are times in JSON. Without one it follows from the tool that wrote
    /// the file, or from how much is said in what time.
    pub time_unit: Option<TimeUnit>,
    /// How many cues the file may have. Without it, there is no limit: what is read takes about a hundred
    /// bytes for each cue, and the shortest cues have a dozen in the file.
    pub max_cues: Option<usize>,
}

/// When labels such as `Ada: ` at the beginning of captions are speakers. They are never in cues with
/// voice tags, and not in JSON, which names speakers in other ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpeakerLabels {
    /// If every cue of the file has one.
    #[default]
    OnEveryCue,
    /// Always. A cue without a label is said by the speaker of the one before.
    OnChanges,
    /// Never: labels stay in the text.
    Never,
}

/// The unit of numbers that are times in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds, perhaps with a fraction.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

/// Reads a transcript from the bytes of a file.
///
/// # Errors
/// If the file is empty, if its format cannot be detected, if its JSON is broken or is no transcript,
/// if it has no words at all, or, with [`ReadOptions::strict`], if there is a warning about it.
pub fn read(bytes: &[u8], options: ReadOptions<'_>) -> Result<Transcript, ReadError> {
    read_with_warnings(bytes, options, usize::MAX)
}

/// Like [`read`], but keeps only the first `max` warnings. The others are counted, and take no memory.
/// Bytes that are passed by value are read where they are, if they are UTF-8.
///
/// # Errors
/// The same as those of [`read`].
pub fn read_with_warnings<'a>(
    bytes: impl Into<Cow<'a, [u8]>>,
    options: ReadOptions<'_>,
    max: usize,
) -> Result<Transcript, ReadError> {
    let (content, warning) = encoding::decode(bytes.into());
    if lines::is_blank(&content) {
        return Err(ReadError::Empty);
    }
    let format = options
        .format
        .or_else(|| Format::detect(options.file_name, &content))
        .ok_or(ReadError::UnknownFormat)?;
    let draft = Draft::with_limits(max, options.max_cues.unwrap_or(usize::MAX));
    let mut draft = match format {
        Format::WebVtt => webvtt::read(&content, draft),
        Format::SubRip => subrip::read(&content, draft),
        Format::Ass => ass::read(&content, draft),
        Format::Json => json::read(&content, options.time_unit, draft)?,
    };
    if draft.has_too_many {
        return Err(ReadError::TooManyCues(draft.max_cues));
    }
    draft.warnings.extend(warning);
    draft.warnings.sort();
    if options.strict
        && let Some(first) = draft.warnings.first()
    {
        return Err(ReadError::Strict(first.clone()));
    }
    finish(draft, format, options.speaker_labels)
}

/// Does what is the same for all formats.
fn finish(
    draft: Draft,
    format: Format,
    speaker_labels: SpeakerLabels,
) -> Result<Transcript, ReadError> {
    let Draft {
        language,
        mut cues,
        has_voices_only,
        mut warnings,
        mut names,
        ..
    } = draft;
    if cues.is_empty() {
        return Err(ReadError::NoWords(warnings.into_first()));
    }
    let are_words = has_voices_only && speaker_labels == SpeakerLabels::OnEveryCue;
    if format.is_caption() && !are_words {
        speaker::take_labels(&mut cues, speaker_labels, &mut names);
    }
    let (mut cues, split) = split::split(cues, MAX_TEXT_BYTES);
    cues.sort_by_key(|draft| draft.cue.start_ms);
    warnings.extend(speaker::shorten(&mut cues));
    warnings.extend(split);
    Ok(Transcript {
        language,
        cues: cues.into_iter().map(|draft| draft.cue).collect(),
        warning_count: warnings.count(),
        warnings: warnings.into_first(),
    })
}
