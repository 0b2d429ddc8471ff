//! What is written, to the letter.

use super::*;
use crate::{Format, ReadOptions};

fn about() -> About {
    About {
        title: Some("Weekly *sync*".to_owned()),
        language: Some("en".to_owned()),
        participants: vec!["Ada".to_owned(), "1. Bo".to_owned()],
        chapters: vec![
            Chapter {
                start_ms: 0,
                title: "Start".to_owned(),
            },
            Chapter {
                start_ms: 60_000,
                title: "# End".to_owned(),
            },
        ],
        markers: vec![Marker {
            at_ms: 2_000,
            kind: "decision".to_owned(),
            text: "Go".to_owned(),
        }],
    }
}

fn spoken(
    start_ms: i32,
    end_ms: i32,
    speaker: &'static str,
    text: &'static str,
) -> Spoken<'static> {
    Spoken {
        start_ms,
        end_ms,
        speaker: (!speaker.is_empty()).then_some(speaker),
        text,
        confidence: None,
    }
}

fn written(format: OutputFormat) -> String {
    let mut file = String::new();
    let mut writer = Writer::new(format, about());
    writer.start(&mut file).unwrap();
    for cue in [
        spoken(0, 1_500, "Ada & <co>", "a --> b"),
        spoken(1_500, 1_500, "Ada & <co>", " so\n\n<i>it</i> is "),
        spoken(1_600, 1_700, "Bo", "  "),
        spoken(3_661_001, 3_662_000, "", "- bye"),
    ] {
        writer.cue(&mut file, cue).unwrap();
    }
    writer.finish(&mut file).unwrap();
    file
}

#[test]
fn webvtt_is_valid() {
    assert_eq!(
        written(OutputFormat::WebVtt),
        "WEBVTT\n\nNOTE Speakers: voice tags\n\nNOTE Language: en\n\n\
         00:00:00.000 --> 00:00:01.500\n<v Ada &amp; &lt;co&gt;>a --&gt; b</v>\n\n\
         instant\n00:00:01.500 --> 00:00:01.501\n\
         <v Ada &amp; &lt;co&gt;>so &lt;i&gt;it&lt;/i&gt; is</v>\n\n\
         01:01:01.001 --> 01:01:02.000\n- bye\n"
    );
}

#[test]
fn a_name_makes_no_arrow() {
    let mut file = String::new();
    let mut writer = Writer::new(OutputFormat::WebVtt, About::default());
    writer.cue(&mut file, spoken(0, 1, "Ada --", "a")).unwrap();
    assert!(file.ends_with("\n<v Ada -- >a</v>\n"), "{file}");
}

#[test]
fn subrip_is_escaped_only_where_it_must_be() {
    assert_eq!(
        written(OutputFormat::SubRip),
        "1\n00:00:00,000 --> 00:00:01,500\nAda &amp; &lt;co&gt;: a --&gt; b\n\n\
         2\n00:00:01,500 --> 00:00:01,500\nAda &amp; &lt;co&gt;: so &lt;i&gt;it&lt;/i&gt; is\n\n\
         3\n01:01:01,001 --> 01:01:02,000\n- bye\n"
    );
    let mut file = String::new();
    let mut writer = Writer::new(OutputFormat::SubRip, About::default());
    let cue = spoken(0, 1, "", "R&D <laughs> a < b {so}");
    writer.cue(&mut file, cue).unwrap();
    assert!(file.ends_with("\nR&D <laughs> a < b {so}\n"), "{file}");
}

#[test]
fn json_has_everything() {
    let file = written(OutputFormat::Json);
    let json: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert_eq!(json["title"], "Weekly *sync*");
    assert_eq!(json["participants"][1], "1. Bo");
    assert_eq!(json["chapters"][1]["start"], 60.0);
    assert_eq!(json["markers"][0]["kind"], "decision");
    assert_eq!(json["segments"][0]["text"], "a --> b");
    assert_eq!(json["segments"][2]["start"], 3661.001);
    assert_eq!(json["segments"].as_array().unwrap().len(), 3);
}

#[test]
fn slow_speech_is_not_taken_for_milliseconds() {
    let mut file = String::new();
    let mut writer = Writer::new(OutputFormat::Json, About::default());
    writer.start(&mut file).unwrap();
    writer
        .cue(&mut file, spoken(0, 7_200_000, "", "Hm"))
        .unwrap();
    writer.finish(&mut file).unwrap();
    let options = ReadOptions {
        format: Some(Format::Json),
        strict: true,
        ..ReadOptions::default()
    };
    let cues = crate::read(file.as_bytes(), options).unwrap().cues;
    assert_eq!(cues[0].end_ms, 7_200_000);
}

#[test]
fn text_is_plain() {
    assert_eq!(
        written(OutputFormat::Text),
        "Weekly *sync*\n\n[00:00:00] Ada & <co>: a --> b\n[00:00:01] Ada & <co>: so <i>it</i> is\n\
         [01:01:01] - bye\n"
    );
}

#[test]
fn markdown_has_paragraphs_and_headings() {
    assert_eq!(
        written(OutputFormat::Markdown),
        "# Weekly \\*sync\\*\n\n## Participants\n\n- Ada\n- 1\\. Bo\n\n\
         ## Chapters\n\n- 00:00:00 Start\n- 00:01:00 \\# End\n\n\
         ## Markers\n\n- 00:00:02 decision: Go\n\n## Transcript\n\n### Start\n\n\
         **Ada \\& \\<co\\>** (00:00:00)\n\na --\\> b\nso \\<i\\>it\\</i\\> is\n\n\
         ### \\# End\n\n(01:01:01)\n\n\\- bye\n"
    );
}

#[test]
fn a_transcript_without_cues_is_a_file() {
    for format in OutputFormat::ALL {
        let mut file = String::new();
        let mut writer = Writer::new(format, About::default());
        writer.start(&mut file).unwrap();
        writer.finish(&mut file).unwrap();
        match format {
            OutputFormat::WebVtt => assert_eq!(file, "WEBVTT\n\nNOTE Speakers: voice tags\n"),
            OutputFormat::Json => {
                serde_json::from_str::<serde_json::Value>(&file).unwrap();
            }
            OutputFormat::Markdown => {
                assert_eq!(
                    file,
                    "# Transcript\n\n## Transcript\n\nNobody speaks in this recording.\n"
                );
            }
            OutputFormat::SubRip | OutputFormat::Text => assert_eq!(file, ""),
        }
    }
}
