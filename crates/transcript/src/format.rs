//! The formats and how they are detected.

use std::path::Path;

use crate::{
    ass,
    lines::trim_marks,
    timestamp::{parse_sbv_times, parse_times},
    webvtt::has_signature,
};

/// How many lines of a caption file may come before the first times.
const LINES_BEFORE_TIMES: usize = 20;

/// A file format for transcripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// WebVTT captions: `.vtt`.
    WebVtt,
    /// SubRip captions: `.srt`, and `.sbv`, which is nearly the same.
    SubRip,
    /// Advanced SubStation Alpha: `.ass`, and its predecessor: `.ssa`.
    Ass,
    /// The JSON of speech recognition and of meeting tools: `.json`.
    Json,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::WebVtt, Self::SubRip, Self::Json, Self::Ass];

    /// The extension of its files, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::WebVtt => "vtt",
            Self::SubRip => "srt",
            Self::Json => "json",
            Self::Ass => "ass",
        }
    }

    /// Detects the format of a file, if possible.
    ///
    /// The signature of WebVTT leaves no doubt. The extension comes second, and the look of the
    /// content last, because captions can begin with a bracket, too.
    pub(crate) fn detect(file_name: Option<&Path>, content: &str) -> Option<Self> {
        if has_signature(content) {
            return Some(Self::WebVtt);
        }
        let extension = file_name.and_then(Path::extension).unwrap_or_default();
        let named = |format: &Self| extension.eq_ignore_ascii_case(format.extension());
        if let Some(format) = Self::ALL.into_iter().find(named) {
            return Some(format);
        }
        if extension.eq_ignore_ascii_case("sbv") {
            return Some(Self::SubRip);
        }
        if extension.eq_ignore_ascii_case("ssa") || ass::has_signature(content) {
            return Some(Self::Ass);
        }
        if trim_marks(content).starts_with(['{', '[']) {
            return Some(Self::Json);
        }
        let has_times = content
            .lines()
            .take(LINES_BEFORE_TIMES)
            .any(|line| parse_times(line).is_ok() || parse_sbv_times(line).is_some());
        has_times.then_some(Self::SubRip)
    }

    /// Whether these are captions, which cannot name a speaker (SubRip) or have a way that few tools
    /// use (WebVTT, SubStation Alpha).
    pub(crate) fn is_caption(self) -> bool {
        match self {
            Self::WebVtt | Self::SubRip | Self::Ass => true,
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
        assert_eq!(detect("a", "\u{feff}\nWEBVTT\n"), Some(Format::WebVtt));
        assert_eq!(
            detect("a", "Minutes\n\n\u{200e}1\n00:01 --> 00:02"),
            Some(Format::SubRip)
        );
        assert_eq!(detect("a.txt", "Good morning"), None);
        assert_eq!(detect("a.txt", "WEBVTTs are files"), None);
        assert_eq!(detect("a", ""), None);
        assert_eq!(Format::detect(None, "["), Some(Format::Json));
        assert_eq!(detect("a.ssa", ""), Some(Format::Ass));
        assert_eq!(detect("a.txt", "[Script Info]\n"), Some(Format::Ass));
    }
}
