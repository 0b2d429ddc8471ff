//! The transcript of a session as a file: its segments, and what is known about them.

pub(crate) mod about;
pub(crate) mod link;
pub(crate) mod pages;
pub(crate) mod text;
mod topics;
pub(crate) mod warning;

use async_graphql::Enum;
use transcript::OutputFormat;

/// A file format in which a transcript can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TranscriptFormat {
    /// WebVTT captions, with speakers in voice tags. The only format that browsers play.
    Webvtt,
    /// SubRip captions, with speakers as labels: `Ada: Good morning`.
    Subrip,
    /// JSON in the shape of Whisper, with the title, participants, chapters and markers.
    Json,
    /// Plain text, one segment a line.
    Text,
    /// Markdown, with the title, participants, chapters and markers.
    Markdown,
}

impl From<TranscriptFormat> for OutputFormat {
    fn from(format: TranscriptFormat) -> Self {
        match format {
            TranscriptFormat::Webvtt => Self::WebVtt,
            TranscriptFormat::Subrip => Self::SubRip,
            TranscriptFormat::Json => Self::Json,
            TranscriptFormat::Text => Self::Text,
            TranscriptFormat::Markdown => Self::Markdown,
        }
    }
}
