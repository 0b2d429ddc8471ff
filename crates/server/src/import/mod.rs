//! Transcripts from files: WebVTT, SubRip and the JSON that Whisper writes.
//!
//! [`parse`] turns the bytes of one file into a [`Transcript`] whose cues fit
//! the `segment` table as they are, and [`mod@store`] writes one there. A file is read
//! whole or not at all: what is malformed is an error that names its line, so
//! that no half of a meeting is ever imported. The formats differ in syntax
//! only; these rules hold for all of them.
//!
//! - **Encoding.** UTF-8, or UTF-16 with a byte order mark. A NUL character is
//!   an error, because PostgreSQL cannot store one.
//! - **Times** are milliseconds in 32 bits. A later or a negative one is an
//!   error. A cue that ends before it starts is taken to end when it starts:
//!   the start is what orders a transcript, so that is the time to trust.
//! - **Text** becomes one line: line breaks in a caption are layout, and a
//!   search for words must not stumble over them. A cue without words is
//!   dropped, even if it names a speaker.
//! - **Markup** that the caption formats define is removed. Anything else in
//!   angle brackets, such as `<laughs>`, is somebody's words and stays.
//!   Character references (`&amp;`, `&#39;`) are decoded.
//! - **Voices.** A cue in which several speakers talk becomes one cue for each
//!   stretch of speech, and all of them have the times of the whole.
//! - **Labels.** Many meeting tools write `Ada: Good morning` for want of a
//!   voice tag. One such line may as well be a sentence with a colon in it, so
//!   labels become speakers only where every cue of a caption file has one, at
//!   least one of them comes back, and there are no voice tags. Otherwise they
//!   stay in the text.
//! - **Speakers** longer than 50 characters are cut to that length and end in
//!   `…`, numbered if need be, so that two speakers of one file never become
//!   one. The text of their cues is left as it was spoken; the full names are
//!   in [`Transcript::shortened_speakers`] for the caller to show or keep.
//! - **Order.** Cues are sorted by start. Those that start together keep the
//!   order of the file, so identifiers given out in this order read back right.

mod encoding;
mod error;
mod format;
mod markup;
mod owner;
mod source;
mod speaker;
mod store;
mod subrip;
#[cfg(test)]
mod tests;
mod timestamp;
mod webvtt;
mod whisper;

use std::path::Path;

pub use error::{ImportError, Problem};
pub use format::Format;
pub use owner::Owner;
pub use source::Source;
pub use speaker::ShortenedSpeaker;
pub use store::{NewSession, store};

/// The longest language code that a session or a segment can hold.
const LANGUAGE_LENGTH: usize = 10;

/// What one file says was spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// The language as the file names it, at most ten characters. Captions
    /// carry a code such as `en`; some builds of Whisper write `english`.
    pub language: Option<String>,
    /// The cues by start; never empty.
    pub cues: Vec<Cue>,
    /// The speakers whose names were too long to store, in order of their
    /// first word.
    pub shortened_speakers: Vec<ShortenedSpeaker>,
}

/// A stretch of speech by one speaker: a segment to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// Milliseconds from the start of the recording; not negative.
    pub start_ms: i32,
    /// Milliseconds from the start of the recording; not before `start_ms`.
    pub end_ms: i32,
    /// Who speaks, in 1 to 50 characters, where the file says so.
    pub speaker: Option<String>,
    /// The words: one line, trimmed, never empty.
    pub text: String,
    /// How sure the recognizer was, from 0 to 1.
    pub confidence: Option<f64>,
}

impl Transcript {
    /// When the last word is spoken, in milliseconds from the start of the recording.
    pub fn duration_ms(&self) -> i32 {
        self.cues
            .iter()
            .map(|cue| cue.end_ms)
            .max()
            .unwrap_or_default()
    }
}

impl Cue {
    /// Makes a cue of what a file says, or `None` if that holds no words.
    fn new(
        (start_ms, end_ms): (i32, i32),
        speaker: Option<String>,
        text: &str,
        confidence: Option<f64>,
    ) -> Option<Self> {
        let text = one_line(text);
        (!text.is_empty()).then(|| Self {
            start_ms,
            end_ms: end_ms.max(start_ms),
            speaker: speaker
                .map(|name| single_spaced(&name))
                .filter(|name| !name.is_empty()),
            text,
            confidence,
        })
    }
}

/// What a parser of one format hands back, in the order of the file.
struct Draft {
    /// The language, checked for its length.
    language: Option<String>,
    /// The cues that have words.
    cues: Vec<Cue>,
}

/// Reads a transcript from the bytes of the file called `file`.
///
/// Without a `format` it is told from the content and the extension.
///
/// # Errors
/// If the format cannot be told, if the file breaks the rules of its format,
/// naming the line, or if it holds no words at all.
pub fn parse(file: &Path, bytes: &[u8], format: Option<Format>) -> Result<Transcript, ImportError> {
    let in_file = |error: error::LineError| ImportError::Malformed {
        file: file.to_owned(),
        line: error.line,
        problem: error.problem,
    };
    let content = encoding::decode(bytes).map_err(in_file)?;
    let Some(format) = format.or_else(|| Format::detect(file, &content)) else {
        return Err(ImportError::UnknownFormat(file.to_owned()));
    };
    let draft = match format {
        Format::WebVtt => webvtt::parse(&content),
        Format::SubRip => subrip::parse(&content),
        Format::Json => whisper::parse(&content),
    };
    let Draft { language, mut cues } = draft.map_err(in_file)?;
    if cues.is_empty() {
        return Err(ImportError::NoWords(file.to_owned()));
    }
    if format.is_caption() {
        speaker::take_labels(&mut cues);
    }
    cues.sort_by_key(|cue| cue.start_ms);
    let shortened_speakers = speaker::shorten(&mut cues);
    Ok(Transcript {
        language,
        cues,
        shortened_speakers,
    })
}

/// Checks that a language fits its column; an empty one is none.
///
/// # Errors
/// If it is longer.
pub fn language(name: &str) -> Result<Option<String>, Problem> {
    let name = name.trim();
    if name.chars().count() > LANGUAGE_LENGTH {
        return Err(Problem::Language(error::excerpt(name)));
    }
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

/// Joins the lines of a caption by spaces, without the blanks around each.
fn one_line(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.split(['\n', '\r']).map(str::trim) {
        if !joined.is_empty() && !line.is_empty() {
            joined.push(' ');
        }
        joined.push_str(line);
    }
    joined
}

/// Makes every run of white space one space and drops it at both ends.
fn single_spaced(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
