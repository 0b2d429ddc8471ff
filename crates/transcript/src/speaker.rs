//! The names of speakers: labels in captions, and names that are too long.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{DraftCue, MAX_SPEAKER_LENGTH, SpeakerLabels, Warning, cue::Names};

/// How many characters of a name are left at least when it is shortened and numbered: the others
/// make room for the ellipsis, a space and any 32-bit number.
const STEM_LENGTH: usize = 38;

/// The longest label that is still considered a name, in characters.
const MAX_LABEL_LENGTH: usize = 120;

/// Makes speakers of the labels of a caption file, as in `Ada: Good morning`.
pub(crate) fn take_labels(cues: &mut [DraftCue], labels: SpeakerLabels, names: &mut Names) {
    match labels {
        SpeakerLabels::Never => {}
        SpeakerLabels::OnEveryCue => take_if_on_every_cue(cues, names),
        SpeakerLabels::OnChanges => take_on_changes(cues, names),
    }
}

/// Splits the labels from the words, if all cues have one.
///
/// No cue may have a speaker of its own, each must have words after its label, and at least one
/// label must occur twice.
fn take_if_on_every_cue(cues: &mut [DraftCue], names: &mut Names) {
    let mut labels = HashSet::new();
    for DraftCue { cue, .. } in &*cues {
        match split_label(&cue.text) {
            Some((label, _)) if cue.speaker.is_none() => labels.insert(label),
            _ => return,
        };
    }
    if labels.len() < cues.len() {
        take_on_changes(cues, names);
    }
}

/// Splits the labels from the words. A cue without a label is said by the speaker of the one before.
fn take_on_changes(cues: &mut [DraftCue], names: &mut Names) {
    let mut speaker = None;
    for DraftCue { cue, .. } in cues {
        if cue.speaker.is_some() {
            speaker = None;
            continue;
        }
        if let Some((label, words)) = split_label(&cue.text) {
            (speaker, cue.text) = (names.share(label), words.to_owned());
        }
        cue.speaker.clone_from(&speaker);
    }
}

/// Splits the label from the words of a cue, if it has both. `>>` before a label means that the
/// speaker changes.
fn split_label(text: &str) -> Option<(&str, &str)> {
    let (label, words) = text.split_once(": ")?;
    let label = label.trim_start().trim_start_matches('>').trim();
    let words = words.trim();
    let is_name =
        label.chars().any(char::is_alphabetic) && label.chars().nth(MAX_LABEL_LENGTH).is_none();
    (is_name && !words.is_empty()).then_some((label, words))
}

/// Shortens the names that are too long, so that different names stay different.
pub(crate) fn shorten(cues: &mut [DraftCue]) -> Vec<Warning> {
    let mut taken: HashSet<Arc<str>> = cues
        .iter()
        .filter_map(|draft| draft.cue.speaker.clone())
        .filter(|name| is_short(name))
        .collect();
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut short_of: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    let mut warnings = Vec::new();
    for DraftCue { line, cue } in cues {
        let Some(speaker) = &mut cue.speaker else {
            continue;
        };
        if is_short(speaker) {
            continue;
        }
        if let Some(short) = short_of.get(speaker) {
            speaker.clone_from(short);
            continue;
        }
        // Names with the same beginning share one counter. To try all numbers from 1 for each name
        // would take quadratic time.
        let number = numbers
            .entry(cut(speaker, STEM_LENGTH).to_owned())
            .or_insert(1);
        let mut short: Arc<str> = with_suffix(speaker, "…").into();
        while !taken.insert(Arc::clone(&short)) {
            *number += 1;
            short = with_suffix(speaker, &format!("… {number}")).into();
        }
        let full = std::mem::replace(speaker, Arc::clone(&short));
        warnings.push(Warning::ShortenedSpeaker {
            line: *line,
            full: full.as_ref().to_owned(),
            short: short.as_ref().to_owned(),
        });
        short_of.insert(full, short);
    }
    warnings
}

/// Whether a name has no more characters than a speaker can have.
fn is_short(name: &str) -> bool {
    cut(name, MAX_SPEAKER_LENGTH).len() == name.len()
}

/// As much of a name as fits together with `suffix`.
fn with_suffix(name: &str, suffix: &str) -> String {
    let start = cut(name, MAX_SPEAKER_LENGTH - suffix.chars().count());
    format!("{}{suffix}", start.trim_end())
}

/// The first `length` characters, or all of them if there are fewer.
fn cut(text: &str, length: usize) -> &str {
    text.char_indices()
        .nth(length)
        .map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cue;

    /// Cues of these speakers with these texts, one a line.
    fn cues(lines: &[(&str, &str)]) -> Vec<DraftCue> {
        let mut names = Names::default();
        let lines = lines.iter().zip(1..);
        lines
            .filter_map(|((speaker, text), line)| {
                let cue = Cue::new((0, 1), names.share(speaker), text, None)?;
                Some(DraftCue { line, cue })
            })
            .collect()
    }

    fn bare(cues: &[DraftCue]) -> Vec<&Cue> {
        cues.iter().map(|draft| &draft.cue).collect()
    }

    fn speakers(cues: &[DraftCue]) -> Vec<Option<&str>> {
        cues.iter()
            .map(|draft| draft.cue.speaker.as_deref())
            .collect()
    }

    #[test]
    fn labels_on_every_cue_are_speakers() {
        let mut labelled = cues(&[
            ("", "Ada  Lovelace: Good: morning"),
            ("", "Grace: Hi"),
            ("", "Grace: So"),
        ]);
        take_labels(
            &mut labelled,
            SpeakerLabels::OnEveryCue,
            &mut Names::default(),
        );
        let expected = cues(&[
            ("Ada Lovelace", "Good: morning"),
            ("Grace", "Hi"),
            ("Grace", "So"),
        ]);
        assert_eq!(bare(&labelled), bare(&expected));
    }

    #[test]
    fn doubtful_labels_stay_in_the_text() {
        for doubtful in [
            [("", "Ada: Hi"), ("", "Ada: So"), ("", "and then")],
            [("", "Ada: Hi"), ("", "Ada: So"), ("Ada", "Note: this")],
            [("", "Ada: Hi"), ("", "Grace: So"), ("", "Note: this")],
            [("", "Ada: Hi"), ("", "Ada: So"), ("", "Ada:")],
            [("", "12: Hi"), ("", "12: So"), ("", "12: Go")],
        ] {
            let mut untouched = cues(&doubtful);
            take_labels(
                &mut untouched,
                SpeakerLabels::OnEveryCue,
                &mut Names::default(),
            );
            assert_eq!(bare(&untouched), bare(&cues(&doubtful)));
        }
    }

    #[test]
    fn labels_can_be_only_at_changes_of_speaker() {
        let lines = [
            ("", "nobody yet"),
            ("", "Speaker 1: Good morning."),
            ("", "Please sit."),
            ("", ">> Speaker 2: Thanks: a lot."),
            ("Ada", "Note: this"),
            ("", "and then"),
        ];
        let mut labelled = cues(&lines);
        take_labels(
            &mut labelled,
            SpeakerLabels::OnChanges,
            &mut Names::default(),
        );
        let expected = [
            ("", "nobody yet"),
            ("Speaker 1", "Good morning."),
            ("Speaker 1", "Please sit."),
            ("Speaker 2", "Thanks: a lot."),
            ("Ada", "Note: this"),
            ("", "and then"),
        ];
        assert_eq!(bare(&labelled), bare(&cues(&expected)));
        let mut untouched = cues(&[("", "Ada: Hi"), ("", "Ada: So")]);
        take_labels(&mut untouched, SpeakerLabels::Never, &mut Names::default());
        assert_eq!(speakers(&untouched), [None, None]);
    }

    #[test]
    fn long_names_are_shortened_and_stay_different() {
        let long = |end: &str| format!("{}{end}", "é".repeat(60));
        let just_fits = "x".repeat(50);
        let in_the_way = format!("{}… 2", "é".repeat(47));
        let mut meeting = cues(&[
            (&long("a"), "one"),
            (&long("b"), "two"),
            (&just_fits, "three"),
            (&long("a"), "four"),
            (&in_the_way, "five"),
        ]);
        let warnings = shorten(&mut meeting);
        let first = format!("{}…", "é".repeat(49));
        let second = format!("{}… 3", "é".repeat(47));
        assert_eq!(
            speakers(&meeting),
            [&first, &second, &just_fits, &first, &in_the_way].map(|name| Some(name.as_str()))
        );
        let expected = [(1, long("a"), first), (2, long("b"), second)];
        assert_eq!(
            warnings,
            expected.map(|(line, full, short)| Warning::ShortenedSpeaker { line, full, short })
        );
    }

    #[test]
    fn many_names_alike_take_linear_time() {
        let names: Vec<String> = (0..50_000)
            .map(|number| format!("{}{number}", "x".repeat(50)))
            .collect();
        let lines: Vec<_> = names.iter().map(|name| (name.as_str(), "hi")).collect();
        let mut meeting = cues(&lines);
        assert_eq!(shorten(&mut meeting).len(), names.len());
        let distinct: HashSet<_> = speakers(&meeting).into_iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
