//! The names of speakers: where captions hide them, and how they fit a column.

use std::collections::{HashMap, HashSet};

use super::Cue;

/// The longest name that a segment can hold, in characters.
const SPEAKER_LENGTH: usize = 50;

/// The start that numbered names share at least. It leaves room for the
/// ellipsis, a space and any 32-bit number.
const STEM_LENGTH: usize = 38;

/// The longest label that is still taken for a name, in characters.
const LABEL_LENGTH: usize = 120;

/// A speaker whose name is too long for its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortenedSpeaker {
    /// The name as the file has it.
    pub full: String,
    /// The name as the cues have it, at most 50 characters.
    pub short: String,
}

/// Makes `Name: words` the speaker and the words, if all cues are written so.
///
/// No cue may have a speaker of its own, each must have a label and words
/// after it, and one label at least must come back.
pub(super) fn take_labels(cues: &mut [Cue]) {
    let mut labels = HashSet::new();
    for cue in &*cues {
        match split_label(&cue.text) {
            Some((label, _)) if cue.speaker.is_none() => labels.insert(label),
            _ => return,
        };
    }
    if labels.len() == cues.len() {
        return;
    }
    for cue in cues {
        if let Some((label, words)) = split_label(&cue.text) {
            (cue.speaker, cue.text) = (Some(super::single_spaced(label)), words.to_owned());
        }
    }
}

/// Splits the label from the words of a cue, if it has both.
fn split_label(text: &str) -> Option<(&str, &str)> {
    let (label, words) = text.split_once(": ")?;
    let (label, words) = (label.trim(), words.trim());
    let is_name =
        label.chars().any(char::is_alphabetic) && label.chars().nth(LABEL_LENGTH).is_none();
    (is_name && !words.is_empty()).then_some((label, words))
}

/// Cuts the names that are too long, so that different ones stay different.
pub(super) fn shorten(cues: &mut [Cue]) -> Vec<ShortenedSpeaker> {
    let mut taken: HashSet<String> = cues
        .iter()
        .filter_map(|cue| cue.speaker.clone())
        .filter(|name| cut(name, SPEAKER_LENGTH) == name)
        .collect();
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut short_of: HashMap<String, String> = HashMap::new();
    let mut shortened = Vec::new();
    for speaker in cues.iter_mut().filter_map(|cue| cue.speaker.as_mut()) {
        if cut(speaker, SPEAKER_LENGTH) == speaker {
            continue;
        }
        if let Some(short) = short_of.get(speaker) {
            speaker.clone_from(short);
            continue;
        }
        // Numbers are counted on from name to name that begins alike. Trying
        // from the start each time would take quadratic time.
        let number = numbers
            .entry(cut(speaker, STEM_LENGTH).to_owned())
            .or_insert(1);
        let mut short = with_suffix(speaker, "…");
        while !taken.insert(short.clone()) {
            *number += 1;
            short = with_suffix(speaker, &format!("… {number}"));
        }
        let full = std::mem::replace(speaker, short.clone());
        short_of.insert(full.clone(), short.clone());
        shortened.push(ShortenedSpeaker { full, short });
    }
    shortened
}

/// As much of a name as the column can hold together with `suffix`.
fn with_suffix(name: &str, suffix: &str) -> String {
    let start = cut(name, SPEAKER_LENGTH - suffix.chars().count());
    format!("{}{suffix}", start.trim_end())
}

/// The first `length` characters, or all if there are not so many.
fn cut(text: &str, length: usize) -> &str {
    text.char_indices()
        .nth(length)
        .map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cues(lines: &[(&str, &str)]) -> Vec<Cue> {
        lines
            .iter()
            .filter_map(|(speaker, text)| Cue::new((0, 1), Some((*speaker).to_owned()), text, None))
            .collect()
    }

    fn speakers(cues: &[Cue]) -> Vec<Option<&str>> {
        cues.iter().map(|cue| cue.speaker.as_deref()).collect()
    }

    #[test]
    fn labels_on_every_cue_are_speakers() {
        let mut labelled = cues(&[
            ("", "Ada  Lovelace: Good: morning"),
            ("", "Grace: Hi"),
            ("", "Grace: So"),
        ]);
        take_labels(&mut labelled);
        assert_eq!(
            labelled,
            cues(&[
                ("Ada Lovelace", "Good: morning"),
                ("Grace", "Hi"),
                ("Grace", "So")
            ])
        );
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
            take_labels(&mut untouched);
            assert_eq!(untouched, cues(&doubtful));
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
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
        let shortened = shorten(&mut meeting);
        let first = format!("{}…", "é".repeat(49));
        let second = format!("{}… 3", "é".repeat(47));
        assert_eq!(
            speakers(&meeting),
            [&first, &second, &just_fits, &first, &in_the_way].map(|name| Some(name.as_str()))
        );
        assert_eq!(
            shortened,
            [(long("a"), first), (long("b"), second)]
                .map(|(full, short)| ShortenedSpeaker { full, short })
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
