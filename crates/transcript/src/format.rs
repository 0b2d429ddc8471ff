//! The formats and how they are detected.

use std::path::Path;

use crate::timestamp;

/// A file format for transcripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// WebVTT captions: `.vtt`.
    WebVtt,
    /// SubRip captions: `.srt`.
    SubRip,
    /// The JSON of Whisper, of tools that use its shape, and of whisper.cpp: `.json`.
    Json,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::WebVtt, Self::SubRip, Self::Json];

    /// The extension of its files, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::WebVtt => "vtt",
            Self::SubRip => "srt",
            Self::Json => "json",
        }
    }

    /// Detects the format of a file, if possible.
    ///
    /// The signature of WebVTT leaves no doubt. The extension comes second, and the look of the
    /// content last, because captions can begin with a bracket, too.
    pub(crate) fn detect(file_name: Option<&Path>, content: &str) -> Option<Self> {
        if content.starts_with("WEBVTT") {
            return Some(Self::WebVtt);
        }
        let extension = file_name.and_then(Path::extension).unwrap_or_default();
        let named = |format: &Self| extension.eq_ignore_ascii_case(format.extension());
        if let Some(format) = Self::ALL.into_iter().find(named) {
            return Some(format);
        }
        let content = content.trim_start();
        if content.starts_with(['{', '[']) {
            Some(Self::Json)
        } else if content.lines().take(2).any(timestamp::is_times_line) {
            Some(Self::SubRip)
        } else {
            None
        }
    }

    /// Whether these are captions, which cannot name a speaker (SubRip) or have a way that few tools
    /// use (WebVTT).
    pub(crate) fn is_caption(self) -> bool {
        match self {
            Self::WebVtt | Self::SubRip => true,
            Self::Json => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_extension_give_the_format_away() {
        let detect = |name: &str, content| Format::detect(Some(Path::new(name)), content);
        assert_eq!(detect("a.txt", "WEBVTT\n"), Some(Format::WebVtt));
        assert_eq!(detect("a.srt", "WEBVTT\n"), Some(Format::WebVtt));
        assert_eq!(detect("a.VTT", "00:01.000 --> "), Some(Format::WebVtt));
        assert_eq!(detect("a.srt", "[music]"), Some(Format::SubRip));
        assert_eq!(detect("a.json", ""), Some(Format::Json));
        assert_eq!(detect("a", " \n[{}]"), Some(Format::Json));
        assert_eq!(
            detect("a", "\n1\n0:00:01,0 --> 0:00:02,0"),
            Some(Format::SubRip)
        );
        assert_eq!(detect("a.txt", "Good morning"), None);
        assert_eq!(detect("a", ""), None);
        assert_eq!(Format::detect(None, "["), Some(Format::Json));
    }
}
