//! Files as meeting tools and people write them.

use super::*;

#[test]
fn teams_writes_single_digits() {
    assert_read(
        "WEBVTT\n\n0:0:1.0 --> 0:0:3.5\n<v Ada L>Welcome.</v>\n\n0:2:5.25 --> 0:2:7.125\n<v Bo>Hey.</v>\n",
        Format::WebVtt,
        &["1000-3500 Ada L: Welcome.", "125250-127125 Bo: Hey."],
        &[],
    );
}

#[test]
fn teams_with_metadata_has_json_in_its_cues() {
    assert_read(
        concat!(
            "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n",
            r#"{"startDateTime":"2024-05-06T07:08:09Z","speakerName":"Ada L","#,
            r#""spokenText":"Let\u2019s \"start\"","spokenLanguage":"en-gb"}"#,
            "\n\n00:00:03.000 --> 00:00:04.000\n{not that}\n",
        ),
        Format::WebVtt,
        &[
            "1000-2000 Ada L: Let’s \"start\"",
            "3000-4000 -: {not that}",
        ],
        &[],
    );
}

#[test]
fn webex_names_speakers_above_the_times() {
    assert_read(
        "WEBVTT\n\n1 \"Ada L\" (815)\n00:01.000 --> 00:02.000\nHello.\n\n2 \"x\"\n00:02.000 --> 00:03.000\nHm.\n",
        Format::WebVtt,
        &["1000-2000 Ada L: Hello.", "2000-3000 -: Hm."],
        &[],
    );
}

#[test]
fn labels_at_changes_of_the_speaker_stay_in_the_words_without_the_option() {
    let file = "1\n00:00:01,100 --> 00:00:02,200\nSpeaker 1: Welcome.\n\n\
                2\n00:00:02,300 --> 00:00:03,000\nTake a seat.\n\n\
                3\n00:00:03,000 --> 00:00:04,000\nSpeaker 2: Fine.\n";
    assert_read(
        file,
        Format::SubRip,
        &[
            "1100-2200 -: Speaker 1: Welcome.",
            "2300-3000 -: Take a seat.",
            "3000-4000 -: Speaker 2: Fine.",
        ],
        &[],
    );
    let options = ReadOptions {
        speaker_labels: SpeakerLabels::OnChanges,
        ..ReadOptions::default()
    };
    let cues = crate::read(file.as_bytes(), options).unwrap().cues;
    let lines: Vec<String> = cues.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "1100-2200 Speaker 1: Welcome.",
            "2300-3000 Speaker 1: Take a seat.",
            "3000-4000 Speaker 2: Fine.",
        ]
    );
}

#[test]
fn rev_does_not_name_the_speaker() {
    assert_read(
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\n<v ->A summary</v>\n\n\
         2\n00:00:02.000 --> 00:00:03.000\nof it\n",
        Format::WebVtt,
        &["1000-2000 -: A summary", "2000-3000 -: of it"],
        &[],
    );
}

#[test]
fn a_line_of_blanks_separates_blocks() {
    assert_read(
        "WEBVTT\n\nNOTE by hand\n\n   \t \n\n1\n00:00:01.000 --> 00:00:02.000\nsome words\n",
        Format::WebVtt,
        &["1000-2000 -: some words"],
        &[],
    );
    assert_read(
        "WEBVTT\n  \n1\n00:00:01.000 --> 00:00:02.000\nsome words\n",
        Format::WebVtt,
        &["1000-2000 -: some words"],
        &[],
    );
}

#[test]
fn the_number_of_the_next_cue_is_not_said() {
    // The empty line holds a blank, or is missing.
    for gap in [" \n", "\t\n", ""] {
        for (start, format) in [("WEBVTT\n\n", Format::WebVtt), ("", Format::SubRip)] {
            let file = format!(
                "{start}7\n00:00:01.000 --> 00:00:02.000\nfirst\n{gap}8\n00:00:03.000 --> 00:00:04.000\nlast 9\n"
            );
            let cues = ["1000-2000 -: first", "3000-4000 -: last 9"];
            assert_read(file, format, &cues, &[]);
        }
    }
    // Here somebody may have said a number, so it is shown.
    let file = "00:00:01,000 --> 00:00:02,000\nfirst\n42\n00:00:03,000 --> 00:00:04,000\nlast\n";
    let warning = "3: passed over \"42\": this is read as the number of the next cue, because there \
                   is no empty line before it";
    let cues = ["1000-2000 -: first", "3000-4000 -: last"];
    assert_read(file, Format::SubRip, &cues, &[warning]);
    let file = format!("WEBVTT\n\n{file}");
    let warning = warning.replacen('3', "5", 1);
    assert_read(file, Format::WebVtt, &cues, &[&warning]);
}

#[test]
fn words_can_have_an_arrow_in_subrip() {
    assert_read(
        "1\n00:00:01,000 --> 00:00:02,000\nfrom here --> there\n--> or back\n\n\
         2\n00:00:02,000 --> 00:00:03,000\nso\n",
        Format::SubRip,
        &[
            "1000-2000 -: from here --> there --> or back",
            "2000-3000 -: so",
        ],
        &[],
    );
}

#[test]
fn css_with_an_empty_line_is_passed_over() {
    assert_read(
        "WEBVTT\n\nSTYLE\n::cue(i) {\n  color: lime;\n\n  font: 1em;\n}\n\n00:01.000 --> 00:02.000\nwords\n",
        Format::WebVtt,
        &["1000-2000 -: words"],
        &["7: passed over \"  font: 1em;\\n}\": this does not belong to any cue"],
    );
}

#[test]
fn the_outer_voice_goes_on() {
    assert_read(
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>yes <v Bo>no</v> maybe</v>\n",
        Format::WebVtt,
        &[
            "1000-2000 Ada: yes",
            "1000-2000 Bo: no",
            "1000-2000 Ada: maybe",
        ],
        &[],
    );
}

#[test]
fn times_in_subrip_can_be_short() {
    for (times, cue) in [
        ("00:00:20 --> 00:00:24", "20000-24000 -: words"),
        ("0:0:4,8 --> 0:0:7,4", "4800-7400 -: words"),
        ("1:2,5 --> 1:3", "62500-63000 -: words"),
        ("00:00:01,23456 --> 00:00:02.", "1234-2000 -: words"),
    ] {
        assert_read(format!("1\n{times}\nwords\n"), Format::SubRip, &[cue], &[]);
        assert_read(
            format!("1\n{times}\nwords\n"),
            Format::WebVtt,
            &[cue],
            &["1: expected `WEBVTT` at the beginning"],
        );
    }
}

#[test]
fn sbv_has_a_comma_between_its_times() {
    let file = "0:00:01.500,0:00:04.000\n>> Ada: Hi,\nthere\n\n0:00:04.000,0:00:05.250\nAda: So\n";
    let cues = ["1500-4000 Ada: Hi, there", "4000-5250 Ada: So"];
    assert_read(file, Format::SubRip, &cues, &[]);
    assert_eq!(read(file, None).unwrap().cues.len(), 2);
}

#[test]
fn line_ends_can_be_doubled() {
    assert_read(
        "1\r\r\n00:00:01,000 --> 00:00:02,000\r\r\none\r\r\n\r\r\n\
         2\r\r\n00:00:02,000 --> 00:00:03,000\r\r\ntwo\r\r\n\r\r\n",
        Format::SubRip,
        &["1000-2000 -: one", "2000-3000 -: two"],
        &[],
    );
}

#[test]
fn invisible_marks_are_no_words() {
    assert_read(
        "\u{feff}\u{200e}1\n\u{202a}00:00:01,000 --> 00:00:02,000\u{202c}\nwords\n\n\
         \u{feff}2\n00:00:02,000 --> 00:00:03,000\n\u{200f}more\n",
        Format::SubRip,
        &["1000-2000 -: words", "2000-3000 -: \u{200f}more"],
        &[],
    );
    assert_read(
        "\u{feff}\u{feff}WEBVTT\n\n\u{200e}1\n00:01.000 --> 00:02.000\nwords\n",
        Format::WebVtt,
        &["1000-2000 -: words"],
        &[],
    );
}

#[test]
fn old_captions_are_windows_1252() {
    assert_read(
        b"1\n00:00:01,000 --> 00:00:02,000\nDas \x84Caf\xE9\x93\n",
        Format::SubRip,
        &["1000-2000 -: Das „Café“"],
        &["3: this is not UTF-8, and is read as Windows-1252"],
    );
}

#[test]
fn broken_times_lose_no_word_unseen() {
    let file = "Minutes\n\n1\n00:00:01,000 --> 00:00:02,000\none\n\n\
                2\n00:0x:03,000 --> 00:00:04,000\ntwo\n\n\
                3\n00:00:05,000 --> \nthree\n\n\
                4\n-00:00:06,000 --> 00:00:07,000\nfour\n\n\
                5\n999:00:00,000 --> 999:00:01,000\nfive\n\n\
                6\n00:00:08,000 --> 00:00:09,000 Good grief\nsix\n";
    assert_read(
        file,
        Format::SubRip,
        &[
            "0-7000 -: four",
            "1000-2000 -: one",
            "5000-5000 -: three",
            "8000-9000 -: six",
        ],
        &[
            "1: passed over \"Minutes\": this does not belong to any cue",
            "8: passed over \"00:0x:03,000 --> 00:00:04,000\\ntwo\": expected the times of a cue, \
             such as `00:00:01.000 --> 00:00:04.000`",
            "12: the end of a cue cannot be read; it ends when it starts",
            "16: a cue that starts before 0 starts at 0",
            "20: passed over \"999:00:00,000 --> 999:00:01,000\\nfive\": this is too late; the \
             latest possible time is 596:31:23.647",
            "24: passed over \"Good grief\": expected only settings such as `align:start` after the \
             times of a cue",
        ],
    );
}

#[test]
fn languages_are_codes() {
    let language = |file: &str| read(file, None).unwrap().language;
    let cue = "\n00:01.000 --> 00:02.000\nwords\n";
    for (header, code) in [
        ("Language: pt_BR\n", Some("pt-BR")),
        ("Kind: captions\nLanguage: German\n", Some("de")),
        ("\nNOTE Language: fr\n", Some("fr")),
        ("", None),
    ] {
        assert_eq!(language(&format!("WEBVTT\n{header}{cue}")).as_deref(), code);
    }
    assert_read(
        format!("WEBVTT\nLanguage: Klingonese\n{cue}"),
        Format::WebVtt,
        &["1000-2000 -: words"],
        &["2: passed over \" Klingonese\": expected the code of a language, such as `en`"],
    );
}
