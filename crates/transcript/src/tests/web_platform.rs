//! What the Web Platform Tests check of WebVTT files and of the text of cues, as facts in a form of
//! our own. A browser shows no more than what is read here; where more is read, because tools write
//! it or because words would be lost, the reason is given.

use super::*;
use crate::markup;

/// The words of a file, each with its times, and the lines of the warnings.
fn shown(file: &str) -> (Vec<String>, Vec<usize>) {
    match read(file, Some(Format::WebVtt)) {
        Ok(transcript) => {
            let cues = transcript.cues.iter();
            let lines = transcript.warnings.iter().map(Warning::line);
            let cues = cues.map(|cue| format!("{}-{} {}", cue.start_ms, cue.end_ms, cue.text));
            (cues.collect(), lines.collect())
        }
        Err(ReadError::NoWords(warnings)) => {
            (Vec::new(), warnings.iter().map(Warning::line).collect())
        }
        Err(error) => panic!("{error}"),
    }
}

/// One cue with these times, of which a browser reads it from 0 to 1 s.
fn with_times(times: &str) -> (Vec<String>, Vec<usize>) {
    shown(&format!("WEBVTT\n\n{times}\nwords"))
}

#[test]
fn signatures() {
    let cue = "00:00.000 --> 00:01.000\nwords";
    for signature in [
        "WEBVTT",
        "WEBVTT ",
        "WEBVTT\t",
        "WEBVTT and more",
        "\u{feff}WEBVTT",
    ] {
        let expected = (vec!["0-1000 words".to_owned()], vec![]);
        assert_eq!(
            shown(&format!("{signature}\n\n{cue}")),
            expected,
            "{signature:?}"
        );
    }
    for empty in ["WEBVTT", "WEBVTT ", "WEBVTT\t", "WEBVTT\n"] {
        assert_eq!(shown(empty), (vec![], vec![]));
    }
    // Browsers reject these files. They are read, with a warning, because it is known what they are.
    for odd in ["WEBSRT", "WEBVTT-", "webvtt", "WEBVT", "X WEBVTT"] {
        let (cues, lines) = shown(&format!("{odd}\n\n{cue}"));
        assert_eq!(cues, ["0-1000 words"], "{odd}");
        assert_eq!(lines[0], 1, "{odd}");
    }
    assert_eq!(shown(cue).0, ["0-1000 words"]);
    // A second mark and lines before the signature are invisible.
    assert_eq!(shown(&format!("\u{feff}\u{feff}WEBVTT\n\n{cue}")).1, [0; 0]);
    assert_eq!(shown(&format!("\n\nWEBVTT\n\n{cue}")).1, [0; 0]);
}

#[test]
fn headers() {
    let expected = |lines: &[usize]| (vec!["0-1000 words".to_owned()], lines.to_vec());
    let cue = "00:00.000 --> 00:01.000\nwords";
    // Times end the header, with or without an empty line, also right below the signature.
    assert_eq!(shown(&format!("WEBVTT\n{cue}")), expected(&[]));
    assert_eq!(shown(&format!("WEBVTT\nkey: value\n{cue}")), expected(&[]));
    assert_eq!(
        shown(&format!("WEBVTT\nRegion: id=a lines=3\n\n{cue}")),
        expected(&[])
    );
    // What is no metadata may have words.
    assert_eq!(
        shown(&format!("WEBVTT\nsome words\n\n{cue}")),
        expected(&[2])
    );
    assert_eq!(shown(&format!("WEBVTT\n \n{cue}")), expected(&[]));
    assert_eq!(shown(&format!("WEBVTT\n\t\n{cue}")), expected(&[]));
}

#[test]
fn arrows_begin_a_new_cue() {
    let times = "00:00:00.000 --> 00:00:01.000";
    let file = format!(
        "WEBVTT\n\n-->\n{times}\na\nx-->\n{times}\nb\n-->x\n{times}\nc\n--->\n{times}\nd\n-->-->\n\
         {times}\ne\n{times}\nf\n\n00:00:00.000 -x -->\n\n00:00:00.000 - -->\n"
    );
    let (cues, lines) = shown(&file);
    let words = ["a", "b", "c", "d", "e", "f"].map(|word| format!("0-1000 {word}"));
    assert_eq!(cues, words);
    assert_eq!(lines, [3, 6, 9, 12, 15, 21, 23]);
}

#[test]
fn identifiers() {
    for id in [
        " blank first",
        "blank last ",
        "-- >",
        "->",
        " ",
        "1",
        "NOTE",
        "STYLE",
    ] {
        let expected = (vec!["0-1000 words".to_owned()], vec![]);
        assert_eq!(
            with_times(&format!("{id}\n00:00.000 --> 00:01.000")),
            expected,
            "{id:?}"
        );
    }
}

#[test]
fn line_ends() {
    let file = "WEBVTT\n\na\r00:00.000 --> 00:01.000\rone\rb\n00:00.000 --> 00:01.000\ntwo\n\
                c\r\n00:00.000 --> 00:01.000\r\nthree\r\n\n\rd\n\r00:00.000 --> 00:01.000\n\rfour";
    // In browsers "b" and "c" are words, too, as there is no empty line above them. The line below
    // LF CR is after an empty line, where it belongs to no cue.
    assert_eq!(
        shown(file),
        (
            vec![
                "0-1000 one b".to_owned(),
                "0-1000 two c".to_owned(),
                "0-1000 three".to_owned()
            ],
            vec![14, 18]
        )
    );
}

#[test]
fn nul_characters_are_replaced() {
    let file = "WEBVTT\n\0\nx\n00:00.000 --> 00:01.000\none\n\n\0 id\n00:00.000 --> 00:01.000\n\
                \0two\0\n\n00:00.000 --> 00:01.000 align\0:end\nthree\n\n\
                00:00.000 --> 00:01.000\0align:end\nfour\n\n00:00.000\0 --> 00:01.000\nno\n\n\
                00:00.000 -->\x0000:01.000\nno\n\n00:\x0000.000 --> 00:01.000\nno\n\n\
                00:00.000 -\0-> 00:01.000\nno\n";
    let (cues, lines) = shown(file);
    let words = ["one", "\u{fffd}two\u{fffd}", "three", "four"];
    assert_eq!(cues, words.map(|word| format!("0-1000 {word}")));
    // The first one, the header, and the four cues that browsers skip.
    assert_eq!(lines, [2, 2, 17, 20, 23, 26]);
}

#[test]
fn whitespace() {
    for space in [" ", "   ", "\t", "\t\t", "\u{c}"] {
        let times = format!("{space}00:00:00.000{space}-->{space}00:00:01.000{space}");
        assert_eq!(
            with_times(&times),
            (vec!["0-1000 words".to_owned()], vec![])
        );
    }
    assert_eq!(with_times("00:00.000-->00:01.000").0, ["0-1000 words"]);
    assert_eq!(
        shown("WEBVTT\n\n00:00.000 --> 00:01.000\n   words  \n").0,
        ["0-1000 words"]
    );
    // To browsers a vertical tab is not whitespace; to everybody else it is.
    assert_eq!(
        with_times("\u{b}00:00.000\u{b}-->\u{b}00:01.000").0,
        ["0-1000 words"]
    );
}

#[test]
fn times() {
    for times in [
        "00:00:00.000 --> 00:00:01.000",
        "00:00.000 --> 00:00:01.000",
        "00:00:00.000 --> 00:01.000",
        "00:00.000 --> 00:01.000",
        "000:00:00.000 --> 00:00:01.000",
        "00:00:00.000 --> 000:00:01.000",
        "0:00:00.000 --> 00:00:01.000",
        "00:00:00.000 --> 0:00:01.000",
    ] {
        assert_eq!(
            with_times(times),
            (vec!["0-1000 words".to_owned()], vec![]),
            "{times}"
        );
    }
    // Browsers skip these, but it is clear what they mean, and Teams and old tools write them.
    for times in [
        "00:0:00.000 --> 00:00:01.000",
        "00:00:0.000 --> 00:00:01.000",
        "00:000:00.000 --> 00:00:01.000",
        "00:00:000.000 --> 00:00:01.000",
        "00:00:00.00 --> 00:00:01.000",
        "00:00:00.0 --> 00:00:01.0",
        "00:00:00. --> 00:00:01.",
        "00:00:00 --> 00:00:01",
        "00:00:0 --> 00:00:1",
        "00:00.0000 --> 00:01.0000",
        "000:00.000 --> 000:01.000",
        "00:00 --> 00:01",
        "0:0 --> 0:1",
        "00:00,000 --> 00:01,000",
    ] {
        assert_eq!(
            with_times(times),
            (vec!["0-1000 words".to_owned()], vec![]),
            "{times}"
        );
    }
    for times in [
        "00::00:00.000 --> 00:00:01.000",
        "00:00::00.000 --> 00:00:01.000",
        "00:00:00..000 --> 00:00:01.000",
        "0000.000 --> 00:01.000",
        "00: --> 00:01.000",
        "00 --> 00:01.000",
        " --> 00:01.000",
        ":00. --> 00:01.000",
        ". --> 00:01.000",
        "x00:00.000 --> 00:01.000",
        "00:00.000x --> 00:01.000",
        "00:00x00.000 --> 00:00:01.000",
        "00:00.000 --> x00:01.000",
        "00:00.000 -->",
        "00:00.000 --",
        "00:00.000",
        "00:00.000 - - > 00:01.000",
    ] {
        let (cues, lines) = with_times(times);
        // Where only the end is missing, the words are kept.
        let kept: &[&str] = if times == "00:00.000 -->" {
            &["0-0 words"]
        } else {
            &[]
        };
        assert_eq!(
            (&*cues, &*lines),
            (
                &*kept.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(),
                &[3][..]
            ),
            "{times}"
        );
    }
}

#[test]
fn the_end_of_the_file_can_be_anywhere() {
    let times = "00:00:00.000 --> 00:00:01.000";
    for length in 0..times.len() {
        let (cues, _) = shown(&format!("WEBVTT\n\n{}", &times[..length]));
        assert!(cues.is_empty());
    }
    assert_eq!(
        shown(&format!("WEBVTT\n\n{times}\nwords")).0,
        ["0-1000 words"]
    );
}

#[test]
fn minutes_and_seconds_from_60() {
    assert_eq!(
        with_times("00:00.000 --> 60:00:01.000").0,
        ["0-216001000 words"]
    );
    assert_eq!(
        with_times("60:00:00.000 --> 60:00:01.000").0,
        ["216000000-216001000 words"]
    );
    // Browsers skip these; ffmpeg counts on.
    assert_eq!(
        with_times("00:60.000 --> 01:01.000").0,
        ["60000-61000 words"]
    );
    assert_eq!(
        with_times("60:00.000 --> 60:01.000").0,
        ["3600000-3601000 words"]
    );
}

#[test]
fn ends_before_starts() {
    // Browsers keep such an end, and never show the cue.
    for (times, cue) in [
        ("00:00:00.000 --> 00:00:00.000", "0-0 words"),
        ("00:00:01.000 --> 00:00:00.999", "1000-1000 words"),
        ("01:00:00.000 --> 00:59:59.999", "3600000-3600000 words"),
    ] {
        assert_eq!(with_times(times), (vec![cue.to_owned()], vec![]));
    }
}

#[test]
fn settings_are_not_words() {
    for settings in [
        " align:start",
        "align:start",
        " line:50%,end position:10%,line-left size:33% vertical:rl",
        " region:a",
        " align:nonsense line:-x",
        "\talign:start\tline:0  ",
    ] {
        let times = format!("00:00.000 --> 00:01.000{settings}");
        assert_eq!(
            with_times(&times),
            (vec!["0-1000 words".to_owned()], vec![]),
            "{settings}"
        );
    }
    // Browsers ignore these without a word.
    for settings in [" align", " :start", " align: start", " x"] {
        let times = format!("00:00.000 --> 00:01.000{settings}");
        assert_eq!(
            with_times(&times),
            (vec!["0-1000 words".to_owned()], vec![3]),
            "{settings}"
        );
    }
}

#[test]
fn other_blocks() {
    let cue = "00:00.000 --> 00:01.000\nwords";
    for block in [
        "NOTE\nnothing",
        "NOTE nothing\nof it",
        "NOTE\tnothing",
        "NOTE",
        "STYLE\n::cue(#a) {\n  width: 1px;\n} /*\nNOTE hm\n00:00.000 -- > 00:01.000\n*/\n.b { }",
        "STYLE \n.a { }",
        "REGION\nid:a\nwidth:50%\nlines:3\nregionanchor:0%,0%\nscroll:up",
        "REGION",
    ] {
        let file = format!("WEBVTT\n\n{block}\n\n{cue}\n\n{block}\n");
        assert_eq!(
            shown(&file),
            (vec!["0-1000 words".to_owned()], vec![]),
            "{block}"
        );
    }
    for block in ["NOTES", "note", "STYLES\n.a { }", "words", "a\nb"] {
        let file = format!("WEBVTT\n\n{block}\n\n{cue}");
        assert_eq!(
            shown(&file),
            (vec!["0-1000 words".to_owned()], vec![3]),
            "{block}"
        );
    }
    // A comment within a cue is words, and so is everything up to the next empty line.
    let file = "WEBVTT\n\n00:00.000 --> 00:01.000\none\nNOTE two\nSTYLE\n\nlost\n";
    assert_eq!(
        shown(file),
        (vec!["0-1000 one NOTE two STYLE".to_owned()], vec![8])
    );
}

#[test]
fn character_references() {
    for (text, shown) in [
        ("&", "&"),
        ("&amp", "&amp"),
        ("&amp;", "&"),
        ("&lt;&gt;", "<>"),
        ("a&lrm;b&rlm;c", "a\u{200e}b\u{200f}c"),
        ("&nbsp;", "\u{a0}"),
        ("&&", "&&"),
        ("&1", "&1"),
        ("&1;", "&1;"),
        ("&;", "&;"),
        ("&<c>", "&"),
        // Browsers show these as they are written; tools write them for what they mean.
        ("&quot;&#39;&copy;", "\"'©"),
        ("&#65;&#x20;b", "A b"),
    ] {
        assert_eq!(markup::plain(text).as_deref(), Some(shown), "{text}");
    }
}

#[test]
fn tags_are_not_words() {
    for (text, shown) in [
        ("<b>a</b> b", "a b"),
        ("<i.x.y>a</i>", "a"),
        ("<u>a</u><c>b</c><c.d>e", "abe"),
        ("<lang en-US>a</lang>", "a"),
        ("<ruby>a<rt>b</rt></ruby>c", "abc"),
        ("<ruby>a<rt>b</ruby>c", "abc"),
        ("<rt>a</rt>", "a"),
        ("a</b>b", "ab"),
        ("<b><i>a</b></i>b", "ab"),
        ("<00:00:01.000>a <00:01.000>b", "a b"),
        ("a\nb", "a\nb"),
        // Browsers drop unknown tags; they may be words, such as what somebody does.
        ("a<x>b", "a<x>b"),
        ("a <laughs> b", "a <laughs> b"),
        ("<", "<"),
        ("a < b", "a < b"),
        ("<b", "<b"),
    ] {
        assert_eq!(markup::plain(text).as_deref(), Some(shown), "{text}");
    }
}

#[test]
fn voices() {
    let said = |text: &str| {
        let file = format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{text}\n");
        let cues = read(file, Some(Format::WebVtt)).unwrap().cues;
        let said = cues
            .iter()
            .map(|cue| format!("{}: {}", cue.speaker.as_deref().unwrap_or("-"), cue.text));
        said.collect::<Vec<_>>()
    };
    for text in [
        "<v Ada>a</v>",
        "<v Ada>a",
        "<v.x Ada>a",
        "<v.x.y  Ada >a",
        "<v\tAda>a",
        "<v\nAda>a",
        "<v Ada><b>a</b>",
        "<b><v Ada>a</b>",
    ] {
        assert_eq!(said(text), ["Ada: a"], "{text:?}");
    }
    assert_eq!(said("<v A&amp;B>a"), ["A&B: a"]);
    assert_eq!(said("<v A<B>a"), ["A<B: a"]);
    assert_eq!(said("<v>a"), ["-: a"]);
    assert_eq!(
        said("<v Ada>a<v Bo>b</v>c</v>d"),
        ["Ada: a", "Bo: b", "Ada: c", "-: d"]
    );
    assert_eq!(said("<v Ada>a<b>b</v>c"), ["Ada: abc"]);
}
