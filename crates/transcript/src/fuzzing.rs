//! What holds for any file at all. The fuzz target `import` calls [`read`], which panics where it
//! does not hold; the test below tries the same on a few hundred random files.

use crate::{
    Cue, Format, MAX_LANGUAGE_LENGTH, MAX_SPEAKER_LENGTH, MAX_TEXT_BYTES, ReadOptions, Warning,
};

/// Reads any bytes as a transcript, in the format that the first byte selects.
///
/// # Panics
///
/// If the transcript breaks a limit, or has more text than the file.
pub fn read(data: &[u8]) {
    let Some((selector, bytes)) = data.split_first() else {
        return;
    };
    let format = match selector % 4 {
        0 => Some(Format::WebVtt),
        1 => Some(Format::SubRip),
        2 => Some(Format::Json),
        _ => None,
    };
    let options = ReadOptions {
        format,
        ..ReadOptions::default()
    };
    let Ok(transcript) = crate::read(bytes, options) else {
        return;
    };
    let language = transcript.language.as_deref();
    assert!(language.is_none_or(|code| fits(code, MAX_LANGUAGE_LENGTH)));
    assert!(!transcript.cues.is_empty(), "there are no cues");
    assert!(
        transcript.cues.is_sorted_by_key(|cue| cue.start_ms),
        "cues are not in order"
    );
    for cue in &transcript.cues {
        check_cue(cue);
    }
    let length: usize = transcript.cues.iter().map(|cue| cue.text.len()).sum();
    // One byte of a character reference, or of UTF-16, never makes more than two of UTF-8.
    assert!(
        length <= bytes.len() * 2,
        "{length} bytes of text in a file of {}",
        bytes.len()
    );
    for warning in &transcript.warnings {
        let is_right = match warning {
            Warning::ShortenedSpeaker { full, short, .. } => {
                full.chars().count() > MAX_SPEAKER_LENGTH && fits(short, MAX_SPEAKER_LENGTH)
            }
            Warning::SplitCue { bytes, parts, .. } => *bytes > MAX_TEXT_BYTES && *parts > 1,
        };
        assert!(is_right, "{warning:?}");
    }
}

fn check_cue(cue: &Cue) {
    assert!(0 <= cue.start_ms && cue.start_ms <= cue.end_ms, "{cue:?}");
    assert!(
        fits(&cue.text, usize::MAX)
            && cue.text.len() <= MAX_TEXT_BYTES
            && cue.text.trim() == cue.text,
        "{cue:?}"
    );
    assert!(is_one_line(&cue.text), "{cue:?}");
    if let Some(speaker) = &cue.speaker {
        assert!(
            fits(speaker, MAX_SPEAKER_LENGTH) && is_one_line(speaker),
            "{cue:?}"
        );
    }
    assert!(
        cue.confidence
            .is_none_or(|number| (0.0..=1.0).contains(&number)),
        "{cue:?}"
    );
}

fn fits(text: &str, maximum: usize) -> bool {
    !text.is_empty() && text.chars().count() <= maximum
}

fn is_one_line(text: &str) -> bool {
    !text.contains(['\0', '\n', '\r'])
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Captions that both formats can have, with a few oddities among them.
    fn captions() -> impl Strategy<Value = String> {
        let time = "0[0-9]:[0-5][0-9][.,][0-9]{3}";
        let words =
            "(<v [A-Z]{1,60}>|</v>|&amp;|&#[0-9]{1,5};|\\{\\\\an8\\}|[A-D]: )*[ a-zé<&]{0,9}";
        let cue = (time, time, words)
            .prop_map(|(start, end, words)| format!("1\n{start} --> {end}\n{words}\n\n"));
        let odd = prop_oneof![Just("NOTE a\n".to_owned()), "[0-9 :]{1,6}\n"];
        let pieces = vec(prop_oneof![9 => cue, 1 => odd], 1..8);
        pieces.prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn captions_become_cues_within_the_limits(text in captions()) {
            read(&[b"\0WEBVTT\n\n", text.as_bytes()].concat());
            read(&[b"\x01", text.as_bytes()].concat());
        }
    }
}
