//! Properties of all readers, checked on generated transcripts.

use std::{fmt::Write as _, path::Path};

use proptest::prelude::*;
use serde_json::json;

use crate::{Cue, Format, ReadError, ReadOptions, Transcript};

fn read(content: &str, format: Format) -> Result<Transcript, ReadError> {
    read_bytes(content.as_bytes(), Some(format))
}

fn read_bytes(content: &[u8], format: Option<Format>) -> Result<Transcript, ReadError> {
    let options = ReadOptions {
        format,
        file_name: Some(Path::new("meeting")),
    };
    crate::read(content, options)
}

/// One line of words. It has no arrow, which neither caption format can contain, and does not
/// consist of digits, which are a counter in SubRip.
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

/// Cues with speakers and confidences, for formats that have both.
fn attributed_cues() -> impl Strategy<Value = Vec<Cue>> {
    let details = (
        proptest::option::of("[A-Zé<>&.()]{1,20}( [a-z]{1,20}){0,2}"),
        // Short numbers, because long ones do not survive JSON to the last bit.
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

/// A piece of a hostile file: anything that one of the readers looks for.
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
        for format in Format::ALL.map(Some).into_iter().chain([None]) {
            let _ = read_bytes(&bytes, format);
        }
    }

    #[test]
    fn hostile_files_never_panic(
        start in prop::sample::select(vec!["", "WEBVTT\n\n", "1\n00:01,000 --> 00:02,000\n", "[{"]),
        fragments in proptest::collection::vec(fragment(), 0..40),
    ) {
        let content = start.to_owned() + &fragments.concat();
        for format in Format::ALL {
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
fn errors_name_the_line() {
    let message = |content, format| read_bytes(content, format).unwrap_err().to_string();
    assert_eq!(
        message(b"WEBVTT\n\nGood morning\n", None),
        "line 3: expected the times of a cue, such as `00:00:01.000 --> 00:00:04.000`, \
         found `Good morning`"
    );
    for format in [
        None,
        Some(Format::WebVtt),
        Some(Format::SubRip),
        Some(Format::Json),
    ] {
        for empty in [&b""[..], b" \n\n", b"\xef\xbb\xbf"] {
            assert_eq!(message(empty, format), "the file is empty");
        }
    }
    assert_eq!(message(b"Hello", None), "the format cannot be detected");
    assert_eq!(
        message(b"\nWEBVTT\n", Some(Format::WebVtt)),
        "line 1: expected `WEBVTT`, found an empty line"
    );
    assert_eq!(message(b"WEBVTT\n", None), "no cue has any words");
}

#[test]
fn warnings_name_the_line() {
    let name = "x".repeat(51);
    let content = format!("WEBVTT\n\n00:01.000 --> 00:02.000\n<v {name}>Hi\n");
    let warnings = read(&content, Format::WebVtt).unwrap().warnings;
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].line(), Some(3));
    let short = format!("{}…", "x".repeat(49));
    assert_eq!(
        warnings[0].to_string(),
        format!("the speaker {name:?} is shortened to {short:?}")
    );
}

/// The formats need a few small libraries. A database, a web framework or a command line among them
/// would mean that something has been put in the wrong crate.
#[test]
fn the_crate_depends_on_little() {
    let manifest = include_str!("../Cargo.toml");
    let (_, dependencies) = manifest.split_once("[dependencies]\n").unwrap();
    let (dependencies, _) = dependencies.split_once("\n\n").unwrap();
    let names: Vec<_> = dependencies
        .lines()
        .map(|line| line.split(['.', ' ']).next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "html-escape",
            "serde",
            "serde_json",
            "thiserror",
            "unicode-segmentation"
        ]
    );
}
