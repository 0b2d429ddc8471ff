//! What holds for any file at all. The fuzz targets in `/fuzz` call these functions, which panic where
//! it does not hold; the tests below try the same on a few hundred random files.

use crate::{
    About, Cue, Format, MAX_LANGUAGE_LENGTH, MAX_SPEAKER_LENGTH, MAX_TEXT_BYTES, OutputFormat,
    ReadOptions, SpeakerLabels, Spoken, TimeUnit, Transcript, Warning, Writer,
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
    let format = Format::ALL.get(usize::from(selector % 5)).copied();
    read_as(format, selector / 5, bytes);
}

/// Reads any bytes in a format, or in the one that is detected, with the options that a number
/// selects.
///
/// # Panics
///
/// If the transcript breaks a limit, or has more text than the file.
pub fn read_as(format: Option<Format>, selector: u8, bytes: &[u8]) {
    let options = ReadOptions {
        format,
        file_name: None,
        strict: selector % 3 == 2,
        speaker_labels: match selector % 5 {
            0 => SpeakerLabels::OnChanges,
            1 => SpeakerLabels::Never,
            _ => SpeakerLabels::OnEveryCue,
        },
        time_unit: match selector % 7 {
            0 => Some(TimeUnit::Seconds),
            1 => Some(TimeUnit::Milliseconds),
            _ => None,
        },
        max_cues: None,
    };
    if let Ok(transcript) = crate::read(bytes, options) {
        check(&transcript, bytes.len());
        if options.strict {
            let faults = transcript.warnings.iter().filter(|it| it.is_fault());
            assert_eq!(faults.count(), 0, "{:?}", transcript.warnings);
        }
    }
}

/// Reads any bytes as a transcript, writes it in every format, and reads what can be read again.
///
/// # Panics
///
/// If the cues are not the same as before.
pub fn round_trip(data: &[u8]) {
    let Some((selector, bytes)) = data.split_first() else {
        return;
    };
    let format = Format::ALL.get(usize::from(selector % 5)).copied();
    let options = ReadOptions {
        format,
        ..ReadOptions::default()
    };
    let Ok(mut transcript) = crate::read(bytes, options) else {
        return;
    };
    let json = again(&transcript, OutputFormat::Json, Format::Json);
    assert_eq!(json.cues, transcript.cues);
    assert_eq!(json.language, transcript.language);
    for cue in &mut transcript.cues {
        cue.confidence = None;
    }
    let webvtt = again(&transcript, OutputFormat::WebVtt, Format::WebVtt);
    assert_eq!(webvtt.cues, transcript.cues);
    assert_eq!(webvtt.language, transcript.language);
    for cue in &mut transcript.cues {
        cue.speaker = None;
    }
    let subrip = again(&transcript, OutputFormat::SubRip, Format::SubRip);
    assert_eq!(subrip.cues, transcript.cues);
    write(&transcript, OutputFormat::Text);
    write(&transcript, OutputFormat::Markdown);
}

/// Writes a transcript.
pub(crate) fn write(transcript: &Transcript, format: OutputFormat) -> String {
    let about = About {
        language: transcript.language.clone(),
        ..About::default()
    };
    let mut file = String::new();
    let mut writer = Writer::new(format, about);
    let written = writer.start(&mut file).and_then(|()| {
        for cue in &transcript.cues {
            writer.cue(&mut file, Spoken::from(cue))?;
        }
        writer.finish(&mut file)
    });
    assert!(written.is_ok(), "a string can always be written to");
    file
}

/// Writes a transcript and reads it again, without any fault.
pub(crate) fn again(transcript: &Transcript, written: OutputFormat, read: Format) -> Transcript {
    let file = write(transcript, written);
    let options = ReadOptions {
        format: Some(read),
        strict: transcript.duration_ms() < i32::MAX,
        speaker_labels: match read {
            Format::SubRip => SpeakerLabels::Never,
            Format::WebVtt | Format::Json | Format::Ass => SpeakerLabels::OnEveryCue,
        },
        ..ReadOptions::default()
    };
    match crate::read(file.as_bytes(), options) {
        Ok(transcript) => transcript,
        Err(error) => panic!("{error} in {file}"),
    }
}

/// Checks the limits of a transcript from a file of a length in bytes.
fn check(transcript: &Transcript, file_bytes: usize) {
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
    // A byte that is no UTF-8 becomes a character of three; nothing grows more than that.
    assert!(
        length <= file_bytes * 3,
        "{length} bytes of text in a file of {file_bytes}"
    );
    for warning in &transcript.warnings {
        let is_right = match warning {
            Warning::ShortenedSpeaker { full, short, .. } => {
                full.chars().count() > MAX_SPEAKER_LENGTH && fits(short, MAX_SPEAKER_LENGTH)
            }
            Warning::SplitCue { bytes, parts, .. } => *bytes > MAX_TEXT_BYTES && *parts > 1,
            Warning::PassedOver { text, .. } => !text.trim().is_empty(),
            Warning::Repaired { .. } => true,
        };
        assert!(is_right && warning.line() > 0, "{warning:?}");
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
            round_trip(&[b"\0WEBVTT\n\n", text.as_bytes()].concat());
            round_trip(&[b"\x01", text.as_bytes()].concat());
        }
    }
}
