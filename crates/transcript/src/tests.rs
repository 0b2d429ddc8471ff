//! Properties of all formats, checked on generated transcripts.

use std::{collections::HashSet, path::Path, sync::Arc};

use proptest::prelude::*;

use crate::{
    Cue, Draft, Format, OutputFormat, ReadError, ReadOptions, SpeakerLabels, Transcript, Warning,
    fuzzing,
};

mod cases;
mod web_platform;

/// Reads a file without an extension.
fn read(content: impl AsRef<[u8]>, format: Option<Format>) -> Result<Transcript, ReadError> {
    let options = ReadOptions {
        format,
        file_name: Some(Path::new("meeting")),
        ..ReadOptions::default()
    };
    crate::read(content.as_ref(), options)
}

/// A cue as one line: `start-end speaker: text (confidence)`.
fn line(cue: &Cue) -> String {
    let speaker = cue.speaker.as_deref().unwrap_or("-");
    let confidence = cue.confidence.map(|number| format!(" ({number})"));
    let (start, end, text) = (cue.start_ms, cue.end_ms, &cue.text);
    format!(
        "{start}-{end} {speaker}: {text}{}",
        confidence.unwrap_or_default()
    )
}

/// A warning as one line: `line: message`.
fn note(warning: &Warning) -> String {
    format!("{}: {warning}", warning.line())
}

/// Reads a file whose cues and warnings must be these.
#[track_caller]
pub(crate) fn assert_read(
    content: impl AsRef<[u8]>,
    format: Format,
    cues: &[&str],
    warnings: &[&str],
) {
    let transcript = read(content, Some(format)).unwrap();
    let lines: Vec<String> = transcript.cues.iter().map(line).collect();
    assert_eq!(lines, cues);
    let notes: Vec<String> = transcript.warnings.iter().map(note).collect();
    assert_eq!(notes, warnings);
}

/// One line of words. It does not look like a label.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => r"[a-zé<>&;#{}/]{1,12}( [\w<>&.,/😀-]{1,9}){0,4}",
        1 => prop::sample::select(vec![
            "00:00:01,000 --> 00:00:02,000",
            "a --> b",
            "0:00:01.5,0:00:02.5",
            "12",
            "{\\an8} up",
            "<v Ada> hi",
            "<i>so</i>",
            "&amp;",
            "WEBVTT",
            "NOTE nothing",
            "\u{200e}1",
        ]).prop_map(str::to_owned),
    ]
}

fn cues() -> impl Strategy<Value = Vec<Cue>> {
    let cue = (0..=i32::MAX - 1, 0..10_000, text()).prop_map(|(start_ms, length, text)| Cue {
        start_ms,
        end_ms: start_ms.saturating_add(length / 10 * 10),
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
        proptest::option::of(0.0..=1.0),
    );
    (cues(), proptest::collection::vec(details, 8)).prop_map(|(mut cues, details)| {
        for (cue, (speaker, confidence)) in cues.iter_mut().zip(details) {
            let speaker = speaker.filter(|name| name.chars().count() <= 50);
            cue.speaker = speaker.map(Arc::from);
            cue.confidence = confidence;
        }
        cues
    })
}

fn transcript(cues: &[Cue]) -> Transcript {
    Transcript {
        language: Some("de-AT".to_owned()),
        cues: cues.to_vec(),
        warnings: Vec::new(),
        warning_count: 0,
    }
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
            "<ruby>",
            "<rt>",
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
            "\"segments\":",
            "\"start\":",
            "\"end\":",
            "\"text\":",
            "\"words\":",
            "\"a\"",
            "\"\\u",
            "NaN",
            "null",
            "1e9",
            "\0",
            "\u{feff}",
            "\u{200e}",
            "00:01.000 --> 00:02.000\n",
            "-0:1 --> 0:2 x\n",
            "99999999999",
            "Ada: ",
            "Language: ",
            "[Events]\n",
            "Dialogue: 0,0:00:01.00,0:00:02.00,x,Ada,0,0,0,,",
            "\\N",
            "{\\p1}",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, selector: u8) {
        for format in Format::ALL.map(Some).into_iter().chain([None]) {
            fuzzing::read_as(format, selector, &bytes);
        }
    }

    #[test]
    fn hostile_files_never_panic(
        start in prop::sample::select(vec![
            "", "WEBVTT\n\n", "1\n00:01,000 --> 00:02,000\n", "[{", "[{\"start\":1,\"text\":",
        ]),
        fragments in proptest::collection::vec(fragment(), 0..40),
        selector: u8,
    ) {
        let content = start.to_owned() + &fragments.concat();
        for format in Format::ALL {
            fuzzing::read_as(Some(format), selector, content.as_bytes());
        }
        fuzzing::round_trip(&[&[selector], content.as_bytes()].concat());
    }

    #[test]
    fn webvtt_comes_back_as_written(cues in attributed_cues()) {
        let mut expected = cues.clone();
        for cue in &mut expected {
            cue.confidence = None;
        }
        let again = fuzzing::again(&transcript(&cues), OutputFormat::WebVtt, Format::WebVtt);
        prop_assert_eq!(again, transcript(&expected));
    }

    #[test]
    fn subrip_comes_back_as_written(cues in cues()) {
        let again = fuzzing::again(&transcript(&cues), OutputFormat::SubRip, Format::SubRip);
        prop_assert_eq!(again.cues, cues);
    }

    #[test]
    fn json_comes_back_as_written(cues in attributed_cues()) {
        let again = fuzzing::again(&transcript(&cues), OutputFormat::Json, Format::Json);
        prop_assert_eq!(again, transcript(&cues));
    }
}

#[test]
fn cues_are_sorted_by_start_and_keep_their_order_otherwise() {
    let json = r#"[{"start": 2, "end": 3, "text": "c"}, {"start": 1, "end": 9, "text": "a"},
                   {"start": 1, "end": 2, "text": "b"}]"#;
    let transcript = read(json, Some(Format::Json)).unwrap();
    let texts: Vec<_> = transcript.cues.iter().map(|cue| &cue.text).collect();
    assert_eq!(texts, ["a", "b", "c"]);
}

#[test]
fn labels_count_in_captions_but_not_in_json() {
    let labelled = "WEBVTT\n\n00:01.000 --> 00:02.000\nAda: Hi\n\n00:03.000 --> 00:04.000\nAda: So";
    assert_read(
        labelled,
        Format::WebVtt,
        &["1000-2000 Ada: Hi", "3000-4000 Ada: So"],
        &[],
    );
    let spoken =
        r#"[{"start": 0, "end": 1, "text": "So: hi"}, {"start": 1, "end": 2, "text": "So: bye"}]"#;
    let transcript = read(spoken, Some(Format::Json)).unwrap();
    assert_eq!(transcript.cues[0].speaker, None);
    // They do not become speakers by being written as captions.
    let again = fuzzing::again(&transcript, OutputFormat::WebVtt, Format::WebVtt);
    assert_eq!(again.cues, transcript.cues);
}

#[test]
fn a_file_is_rejected_where_nothing_says_what_it_is() {
    let message = |content: &[u8], format| read(content, format).unwrap_err().to_string();
    for format in Format::ALL.map(Some).into_iter().chain([None]) {
        for empty in [&b""[..], b" \n\n", b"\xef\xbb\xbf", b"\xff\xfe"] {
            assert_eq!(message(empty, format), "the file is empty");
        }
    }
    assert_eq!(message(b"Hello", None), "the format cannot be detected");
    assert_eq!(message(b"WEBVTT\n", None), "no cue has any words");
    match read("Good morning", Some(Format::WebVtt)) {
        Err(ReadError::NoWords(warnings)) => assert_eq!(
            warnings.iter().map(note).collect::<Vec<_>>(),
            [
                "1: expected `WEBVTT` at the beginning",
                "1: passed over \"Good morning\": this does not belong to any cue"
            ]
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn strict_rejects_what_would_be_passed_over() {
    let options = ReadOptions {
        strict: true,
        ..ReadOptions::default()
    };
    let content = "WEBVTT\n\nGood morning\n\n00:01.000 --> 00:02.000\nHi\n";
    let error = crate::read(content.as_bytes(), options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 3: passed over \"Good morning\": this does not belong to any cue"
    );
    // A limit of transcripts is not a fault of the file.
    let name = "x".repeat(51);
    let content = format!("WEBVTT\n\n00:01.000 --> 00:02.000\n<v {name}>Hi\n");
    let transcript = crate::read(content.as_bytes(), options).unwrap();
    let short = format!("{}…", "x".repeat(49));
    assert_eq!(
        transcript.warnings.iter().map(note).collect::<Vec<_>>(),
        [format!("3: the speaker {name:?} is shortened to {short:?}")]
    );
}

#[test]
fn a_long_name_is_not_in_memory_for_each_cue() {
    const CUES: usize = 1_000;
    let name = "x".repeat(10_000);
    let turns = "a<v B>b</v>".repeat(CUES);
    let vtt = format!("WEBVTT\n\n00:01.000 --> 00:02.000\n<v {name}>{turns}\n");
    let sentences = vec![r#"{"text": "a", "start": 1, "end": 2}"#; CUES].join(",");
    let of_deepgram = |name: &str| {
        let paragraph = format!(r#"{{"speaker": "{name}", "sentences": [{sentences}]}}"#);
        let best = format!(r#"{{"paragraphs": {{"paragraphs": [{paragraph}]}}}}"#);
        let json = format!(r#"{{"results": {{"channels": [{{"alternatives": [{best}]}}]}}}}"#);
        crate::json::read(&json, None, Draft::default()).unwrap()
    };
    for draft in [
        crate::webvtt::read(&vtt, Draft::default()),
        of_deepgram(&name),
        // A name with escapes is no part of the file.
        of_deepgram(&name.replace('x', "\\u0078")),
    ] {
        assert!(draft.cues.len() >= CUES, "{}", draft.cues.len());
        let names = draft.cues.iter().filter_map(|it| it.cue.speaker.as_ref());
        let names: Vec<&Arc<str>> = names.collect();
        assert!(names.len() >= CUES, "{}", names.len());
        assert!(names.iter().all(|name| name.len() <= 512));
        // Cues of one speaker have the same name, and not one that looks like it.
        let in_memory: HashSet<*const u8> = names.iter().map(|name| name.as_ptr()).collect();
        let distinct: HashSet<&Arc<str>> = names.into_iter().collect();
        assert_eq!(in_memory.len(), distinct.len());
    }
}

#[test]
fn labels_can_be_taken_where_the_speaker_changes() {
    let content = "1\n00:01 --> 00:02\nAda: Hi\n\n2\n00:02 --> 00:03\nso\n";
    let options = ReadOptions {
        speaker_labels: SpeakerLabels::OnChanges,
        ..ReadOptions::default()
    };
    let transcript = crate::read(content.as_bytes(), options).unwrap();
    let lines: Vec<String> = transcript.cues.iter().map(line).collect();
    assert_eq!(lines, ["1000-2000 Ada: Hi", "2000-3000 Ada: so"]);
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
            "serde_json",
            "thiserror",
            "unicode-segmentation"
        ]
    );
}
