//! Files from transcripts.
//!
//! A [`Writer`] is given one cue after the other and writes it at once, so that a transcript of any
//! length takes constant memory. What is read again has the same cues: times, words and, where the
//! format has a place for them, speakers and confidence. All formats are UTF-8.

mod json;
mod markdown;
mod subrip;
mod text;
mod webvtt;

#[cfg(test)]
mod tests;

use std::{
    fmt::{self, Write},
    sync::Arc,
};

use crate::{Cue, cue::Names, warning::Clock};

/// A file format in which a transcript can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// WebVTT captions with voice tags, for browsers.
    WebVtt,
    /// SubRip captions, in which speakers are labels: `Ada: Good morning`.
    SubRip,
    /// JSON in the shape of Whisper, with speakers and confidence.
    Json,
    /// Plain text, one cue a line.
    Text,
    /// Markdown with the title, participants, chapters and markers.
    Markdown,
}

impl OutputFormat {
    /// All formats.
    pub const ALL: [Self; 5] = [
        Self::WebVtt,
        Self::SubRip,
        Self::Json,
        Self::Text,
        Self::Markdown,
    ];

    /// The extension of its files, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::WebVtt => "vtt",
            Self::SubRip => "srt",
            Self::Json => "json",
            Self::Text => "txt",
            Self::Markdown => "md",
        }
    }

    /// The media type of its files, with the encoding where that is not fixed.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            // Always UTF-8, so that its registration has no parameter for the encoding.
            Self::WebVtt => "text/vtt",
            Self::SubRip => "application/x-subrip; charset=utf-8",
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }
}

/// What is known about a transcript beside its cues. A format leaves out what it has no place for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The title of the meeting.
    pub title: Option<String>,
    /// The code of the language.
    pub language: Option<String>,
    /// The names of those who took part.
    pub participants: Vec<String>,
    /// The chapters, in the order of their starts.
    pub chapters: Vec<Chapter>,
    /// The markers, in the order of their times.
    pub markers: Vec<Marker>,
}

/// A part of a recording about one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// The start, in milliseconds from the start of the recording.
    pub start_ms: i32,
    /// The topic.
    pub title: String,
}

/// A point in a recording that somebody marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// When it is, in milliseconds from the start of the recording.
    pub at_ms: i32,
    /// Its kind, such as `decision`.
    pub kind: String,
    /// What it says.
    pub text: String,
}

/// A cue to be written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spoken<'a> {
    /// The start, in milliseconds from the start of the recording.
    pub start_ms: i32,
    /// The end, in milliseconds from the start of the recording.
    pub end_ms: i32,
    /// The speaker, if one is known.
    pub speaker: Option<&'a str>,
    /// The words.
    pub text: &'a str,
    /// How sure the speech recognition was, from 0 to 1.
    pub confidence: Option<f64>,
}

impl<'a> From<&'a Cue> for Spoken<'a> {
    fn from(cue: &'a Cue) -> Self {
        Self {
            start_ms: cue.start_ms,
            end_ms: cue.end_ms,
            speaker: cue.speaker.as_deref(),
            text: &cue.text,
            confidence: cue.confidence,
        }
    }
}

/// Writes one file: [`start`](Self::start), then each [`cue`](Self::cue), then
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct Writer {
    format: OutputFormat,
    about: About,
    /// How many cues have been written.
    written: u64,
    /// The speaker of the last cue.
    speaker: Option<Arc<str>>,
    /// How many chapters have begun.
    chapters_begun: usize,
}

impl Writer {
    /// Begins a file.
    #[must_use]
    pub fn new(format: OutputFormat, about: About) -> Self {
        Self {
            format,
            about,
            written: 0,
            speaker: None,
            chapters_begun: 0,
        }
    }

    /// Writes what comes before the first cue.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn start(&mut self, out: &mut impl Write) -> fmt::Result {
        match self.format {
            OutputFormat::WebVtt => webvtt::start(out, &self.about),
            OutputFormat::SubRip => Ok(()),
            OutputFormat::Json => json::start(out, &self.about),
            OutputFormat::Text => text::start(out, &self.about),
            OutputFormat::Markdown => markdown::start(out, &self.about),
        }
    }

    /// Writes a cue. One without words is left out.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn cue(&mut self, out: &mut impl Write, spoken: Spoken<'_>) -> fmt::Result {
        // What is said is one line in every format, and made so as when it is read.
        let range = (spoken.start_ms.max(0), spoken.end_ms.max(0));
        let speaker = spoken.speaker.and_then(|name| self.share(name));
        let Some(cue) = Cue::new(range, speaker, spoken.text, spoken.confidence) else {
            return Ok(());
        };
        match self.format {
            OutputFormat::WebVtt => webvtt::cue(out, &cue)?,
            OutputFormat::SubRip => subrip::cue(out, &cue, self.written + 1)?,
            OutputFormat::Json => json::cue(out, &cue, self.written == 0)?,
            OutputFormat::Text => text::cue(out, &cue)?,
            OutputFormat::Markdown => {
                let chapters = &self.about.chapters[self.chapters_begun..];
                let begun = chapters
                    .iter()
                    .take_while(|chapter| chapter.start_ms <= cue.start_ms);
                let begun = begun.count();
                let goes_on = begun == 0 && self.written > 0 && self.speaker == cue.speaker;
                markdown::cue(out, &cue, &chapters[..begun], goes_on)?;
                self.chapters_begun += begun;
            }
        }
        self.written += 1;
        self.speaker = cue.speaker;
        Ok(())
    }

    /// The name of a speaker. That of the cue before is not made again.
    fn share(&self, name: &str) -> Option<Arc<str>> {
        match &self.speaker {
            Some(before) if **before == *name => Some(Arc::clone(before)),
            _ => Names::default().share(name),
        }
    }

    /// Writes what comes after the last cue.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn finish(self, out: &mut impl Write) -> fmt::Result {
        match self.format {
            OutputFormat::WebVtt | OutputFormat::SubRip | OutputFormat::Text => Ok(()),
            OutputFormat::Json => json::finish(out, self.written == 0),
            OutputFormat::Markdown => {
                let chapters = &self.about.chapters[self.chapters_begun..];
                markdown::finish(out, chapters, self.written == 0)
            }
        }
    }
}

/// A time in whole seconds, such as `01:02:03`.
struct Seconds(i32);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = Clock(self.0.max(0)).to_string();
        f.write_str(
            clock
                .split_once('.')
                .map_or(&*clock, |(seconds, _)| seconds),
        )
    }
}
