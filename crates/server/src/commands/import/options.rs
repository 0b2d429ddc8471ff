//! The choices of the command line, as they are typed.

use clap::ValueEnum;
use transcript::{Format, SpeakerLabels, TimeUnit};

/// The formats.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormatName {
    /// WebVTT captions
    Vtt,
    /// SubRip captions
    Srt,
    /// The JSON of Whisper and the tools around it, and of many services and meeting tools
    Json,
    /// `SubStation` Alpha captions, `.ass` or `.ssa`
    Ass,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Vtt => Self::WebVtt,
            FormatName::Srt => Self::SubRip,
            FormatName::Json => Self::Json,
            FormatName::Ass => Self::Ass,
        }
    }
}

/// Where labels are speakers.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LabelsName {
    /// Only if every cue of a file has one, and one of them occurs twice
    Every,
    /// At changes of the speaker: a cue without a label is said by the speaker before
    Changes,
    /// Nowhere: labels stay in the text
    Never,
}

impl From<LabelsName> for SpeakerLabels {
    fn from(name: LabelsName) -> Self {
        match name {
            LabelsName::Every => Self::OnEveryCue,
            LabelsName::Changes => Self::OnChanges,
            LabelsName::Never => Self::Never,
        }
    }
}

/// The units of times.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum UnitName {
    /// Seconds, perhaps with a fraction
    Seconds,
    /// Milliseconds
    Milliseconds,
}

impl From<UnitName> for TimeUnit {
    fn from(name: UnitName) -> Self {
        match name {
            UnitName::Seconds => Self::Seconds,
            UnitName::Milliseconds => Self::Milliseconds,
        }
    }
}
