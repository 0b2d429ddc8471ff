//! The formats and how they are told apart.

use std::path::Path;

use super::timestamp;

/// A format that transcripts come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// WebVTT captions, `.vtt`.
    #[value(name = "vtt")]
    WebVtt,
    /// SubRip captions, `.srt`.
    #[value(name = "srt")]
    SubRip,
    /// The JSON of Whisper, of its kin and of whisper.cpp, `.json`.
    #[value(name = "json")]
    Json,
}

impl Format {
    /// Tells the format of a file, if it can be told.
    ///
    /// The signature of WebVTT is beyond doubt. Next the extension counts, and
    /// only then the look of the content: a caption, too, may begin with a
    /// bracket.
    pub(super) fn detect(file: &Path, content: &str) -> Option<Self> {
        if content.starts_with("WEBVTT") {
            return Some(Self::WebVtt);
        }
        let extension = file.extension().unwrap_or_default();
        for (known, format) in [
            ("vtt", Self::WebVtt),
            ("srt", Self::SubRip),
            ("json", Self::Json),
        ] {
            if extension.eq_ignore_ascii_case(known) {
                return Some(format);
            }
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

    /// Whether the format is made of captions, which have no place for a
    /// speaker (SubRip), or one that few tools fill in (WebVTT).
    pub(super) fn is_caption(self) -> bool {
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
    fn content_and_extension_tell_the_format() {
        let detect = |name: &str, content| Format::detect(Path::new(name), content);
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
    }
}
