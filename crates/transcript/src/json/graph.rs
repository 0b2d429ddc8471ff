//! The transcripts of Teams with metadata, as Microsoft Graph returns them: WebVTT whose cues are
//! JSON.

use super::value;

/// What such a cue says.
pub(crate) struct GraphCue {
    /// Who speaks.
    pub(crate) speaker: Option<String>,
    /// The words.
    pub(crate) text: String,
    /// The language of the words.
    pub(crate) language: Option<String>,
}

/// Reads the caption of a cue, if it is such JSON.
pub(crate) fn graph_cue(caption: &str) -> Option<GraphCue> {
    let caption = caption.trim();
    if !(caption.starts_with('{') && caption.ends_with('}')) {
        return None;
    }
    let [cue] = value::parse(caption).ok()?[..] else {
        return None;
    };
    let string = |name: &str| Some(cue.get(name)?.string()?.into_owned());
    Some(GraphCue {
        text: string("spokenText")?,
        speaker: string("speakerName"),
        language: string("spokenLanguage"),
    })
}
