//! Properties of the importer as a whole, checked on generated transcripts.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::{Cue, Format, ImportError, Transcript, parse};

const FORMATS: [Format; 3] = [Format::WebVtt, Format::SubRip, Format::Json];

fn read(content: &str, format: Format) -> Result<Transcript, ImportError> {
    parse(Path::new("meeting"), content.as_bytes(), Some(format))
}

/// One line of words. The arrow is left out, as neither caption format can
/// carry it, and so are digits alone, which SubRip takes for a counter.
fn text() -> impl Strategy<Value = String> {
    r"[a-zé<>&;#{}/]{1,12}( [\w<>&.,/😀-]{1,9}){0,4}"
        .prop_filter("reserved", |text| !text.contains("-->"))
}

fn cues() -> impl Strategy<Value = Vec<Cue>> {
    let cue = (0..=i32::MAX, 0..10_000, text()).prop_map(|(start_ms, length, text)| Cue {
        start_ms,
        end_ms: start_ms.saturating_add(length),
        speaker: None,
        text,
        confidence: None,
    });
    proptest::collection::vec(cue, 1..8).prop_map(|mut cues| {
        cues.sort_by_key(|cue| cue.start_ms);
        cues
    })
}

/// Cues whose speakers and confidences are known, for formats that have both.
fn attributed_cues() -> impl Strategy<Value = Vec<Cue>> {
    let details = (
        proptest::option::of("[A-Zé<>&.()]{1,20}( [a-z]{1,20}){0,2}"),
        // JSON is not read to the last bit, so the numbers are short.
        proptest::option::of((0..=1000_u16).prop_map(|permille| f64::from(permille) / 1000.0)),
    );
    (cues(), proptest::collection::vec(details, 8)).prop_map(|(mut cues, details)| {
        for (cue, (speaker, confidence)) in cues.iter_mut().zip(details) {
            cue.speaker = speaker.filter(|name| name.chars().count() <= 50);
            cue.confidence = confidence;
        }
        cues
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn clock(milliseconds: i32, point: char) -> String {
    let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{point}{fraction:03}")
}

fn write_vtt(cues: &[Cue]) -> String {
    let mut file = "WEBVTT\n".to_owned();
    for cue in cues {
        let (start, end) = (clock(cue.start_ms, '.'), clock(cue.end_ms, '.'));
        write!(file, "\n{start} --> {end}\n").unwrap();
        if let Some(speaker) = &cue.speaker {
            write!(file, "<v {}>", escape(speaker)).unwrap();
        }
        writeln!(file, "{}", escape(&cue.text)).unwrap();
    }
    file
}

fn write_srt(cues: &[Cue]) -> String {
    let mut file = String::new();
    for (cue, counter) in cues.iter().zip(1..) {
        let (start, end) = (clock(cue.start_ms, ','), clock(cue.end_ms, ','));
        let text = escape(&cue.text);
        write!(file, "{counter}\r\n{start} --> {end}\r\n{text}\r\n\r\n").unwrap();
    }
    file
}

fn write_json(cues: &[Cue]) -> String {
    let segment = |cue: &Cue| {
        json!({
            "start": f64::from(cue.start_ms) / 1000.0,
            "end": f64::from(cue.end_ms) / 1000.0,
            "text": cue.text,
            "speaker": cue.speaker,
            "confidence": cue.confidence,
        })
    };
    json!({ "segments": cues.iter().map(segment).collect::<Vec<_>>() }).to_string()
}

/// Pieces of which a hostile file is made: every token that a parser knows.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "WEBVTT",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "NOTE",
            "STYLE",
            "1",
            "00:01.000",
            "-->",
            " ",
            "<v ",
            "<v.x A>",
            "</v>",
            "<",
            ">",
            "<i>",
            "&amp;",
            "&#",
            ";",
            "{\\",
            "}",
            "{",
            "[",
            "]",
            ":",
            ",",
            "\"segments\"",
            "\"start\"",
            "\"text\"",
            "\0",
            "\u{feff}",
            "00:01.000 --> 00:02.000\n",
            "99999999999",
            "Ada: ",
            "Language: ",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        for format in FORMATS.map(Some).into_iter().chain([None]) {
            let _ = parse(Path::new("meeting"), &bytes, format);
        }
    }

    #[test]
    fn hostile_files_never_panic(
        start in prop::sample::select(vec!["", "WEBVTT\n\n", "1\n00:01,000 --> 00:02,000\n", "[{"]),
        fragments in proptest::collection::vec(fragment(), 0..40),
    ) {
        let content = start.to_owned() + &fragments.concat();
        for format in FORMATS {
            if let Ok(transcript) = read(&content, format) {
                for cue in &transcript.cues {
                    prop_assert!(0 <= cue.start_ms && cue.start_ms <= cue.end_ms);
                    prop_assert!(!cue.text.is_empty() && !cue.text.contains(['\0', '\n', '\r']));
                    let speaker = cue.speaker.as_deref().unwrap_or("-");
                    prop_assert!((1..=50).contains(&speaker.chars().count()));
                }
                prop_assert!(transcript.cues.is_sorted_by_key(|cue| cue.start_ms));
            }
        }
    }

    #[test]
    fn webvtt_comes_back_as_written(cues in attributed_cues()) {
        let mut expected = cues.clone();
        for cue in &mut expected {
            cue.confidence = None;
        }
        prop_assert_eq!(read(&write_vtt(&cues), Format::WebVtt).unwrap().cues, expected);
    }

    #[test]
    fn subrip_comes_back_as_written(cues in cues()) {
        prop_assert_eq!(read(&write_srt(&cues), Format::SubRip).unwrap().cues, cues);
    }

    #[test]
    fn json_comes_back_as_written(cues in attributed_cues()) {
        prop_assert_eq!(read(&write_json(&cues), Format::Json).unwrap().cues, cues);
    }
}

#[test]
fn cues_are_sorted_by_start_and_keep_their_order_otherwise() {
    let json = r#"[{"start": 2, "end": 3, "text": "c"}, {"start": 1, "end": 9, "text": "a"},
                   {"start": 1, "end": 2, "text": "b"}]"#;
    let transcript = read(json, Format::Json).unwrap();
    let texts: Vec<_> = transcript.cues.iter().map(|cue| &cue.text).collect();
    assert_eq!(texts, ["a", "b", "c"]);
}

#[test]
fn labels_count_in_captions_but_not_in_json() {
    let labelled = "WEBVTT\n\n00:01.000 --> 00:02.000\nAda: Hi\n\n00:03.000 --> 00:04.000\nAda: So";
    let transcript = read(labelled, Format::WebVtt).unwrap();
    assert_eq!(transcript.cues[1].speaker.as_deref(), Some("Ada"));
    assert_eq!(transcript.cues[1].text, "So");

    let spoken =
        r#"[{"start": 0, "end": 1, "text": "So: hi"}, {"start": 1, "end": 2, "text": "So: bye"}]"#;
    let transcript = read(spoken, Format::Json).unwrap();
    assert_eq!(transcript.cues[0].speaker, None);
}

#[test]
fn errors_name_the_file_and_the_line() {
    let message = |content: &[u8], format| {
        parse(Path::new("talks/monday"), content, format)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(b"WEBVTT\n\nGood morning\n", None),
        "talks/monday:3: expected the times of a cue, as `00:00:01.000 --> 00:00:04.000`, \
         found `Good morning`"
    );
    assert_eq!(
        message(b"", None),
        "talks/monday: cannot tell the format of this file; name it .vtt, .srt or .json, \
         or give it with --format"
    );
    assert_eq!(
        message(b"WEBVTT\n", None),
        "talks/monday: no cue in this file has any words"
    );
    assert_eq!(
        message(b"", Some(Format::SubRip)),
        "talks/monday: no cue in this file has any words"
    );
}
