//! What the reader of one format returns.

use crate::{
    Cue, Reason, Repair, Warning, cue::Names, language::check_language, timestamp::Times,
    warning::Warnings,
};

/// The cues of a file, in its order, and what was not taken as it is.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The code of the language.
    pub(crate) language: Option<String>,
    /// The cues that have words.
    pub(crate) cues: Vec<DraftCue>,
    /// Whether the file says that its speakers are in voice tags, so that labels belong to the words.
    pub(crate) has_voices_only: bool,
    /// What was passed over or repaired.
    pub(crate) warnings: Warnings,
    /// The names of the speakers.
    pub(crate) names: Names,
    /// How many cues there may be.
    pub(crate) max_cues: usize,
    /// Whether there are more than that.
    pub(crate) has_too_many: bool,
}

impl Default for Draft {
    fn default() -> Self {
        Self::with_limits(usize::MAX, usize::MAX)
    }
}

/// A cue and where it was found.
#[derive(Debug)]
pub(crate) struct DraftCue {
    /// The line of its times, from 1.
    pub(crate) line: usize,
    /// The cue.
    pub(crate) cue: Cue,
}

impl Draft {
    /// An empty draft that keeps the first `max_warnings` warnings, and has at most `max_cues` cues.
    pub(crate) fn with_limits(max_warnings: usize, max_cues: usize) -> Self {
        Self {
            language: None,
            cues: Vec::new(),
            has_voices_only: false,
            warnings: Warnings::at_most(max_warnings),
            names: Names::default(),
            max_cues,
            has_too_many: false,
        }
    }

    /// Appends a cue, unless it has no words.
    pub(crate) fn push(
        &mut self,
        line: usize,
        range: (i32, i32),
        speaker: Option<&str>,
        text: &str,
        confidence: Option<f64>,
    ) {
        if self.cues.len() >= self.max_cues {
            self.has_too_many |= !text.trim().is_empty();
            return;
        }
        let speaker = speaker.and_then(|speaker| self.names.share(speaker));
        let cue = Cue::new(range, speaker, text, confidence);
        self.cues.extend(cue.map(|cue| DraftCue { line, cue }));
    }

    /// Notes a part of the file that becomes no cue, unless it is blank.
    pub(crate) fn pass_over(&mut self, line: usize, text: &str, reason: Reason) {
        if !text.trim().is_empty() {
            self.warnings.push(Warning::PassedOver {
                line,
                text: text.to_owned(),
                reason,
            });
        }
    }

    /// Notes something that was not read quite as the file has it.
    pub(crate) fn repair(&mut self, line: usize, repair: Repair) {
        self.warnings.push(Warning::Repaired { line, repair });
    }

    /// Notes what is odd about the times of a cue.
    pub(crate) fn note_times(&mut self, line: usize, times: &Times<'_>) {
        if let Some(repair) = &times.repair {
            self.repair(line, repair.clone());
        }
        if let Some(settings) = times.odd_settings() {
            self.pass_over(line, settings, Reason::Settings);
        }
    }

    /// Takes the language that a file names. The first one counts.
    pub(crate) fn name_language(&mut self, line: usize, name: &str) {
        match check_language(name) {
            Ok(language) => self.language = self.language.take().or(language),
            Err(_) => self.pass_over(line, name, Reason::Language),
        }
    }
}
