//! The JSON of many tools. Each file here is made by hand in the shape that the tool documents.

use super::*;
use crate::{Repair, Warning};

/// The cues of a file, one a line.
fn lines(content: &str) -> Vec<String> {
    lines_of(&read(content, None).unwrap())
}

fn lines_of(draft: &Draft) -> Vec<String> {
    let cues = draft.cues.iter().map(|draft| &draft.cue);
    let lines = cues.map(|cue| {
        let speaker = cue.speaker.as_deref().unwrap_or("-");
        let confidence = cue.confidence.map(|number| format!(" ({number:.2})"));
        let (start, end, text) = (cue.start_ms, cue.end_ms, &cue.text);
        format!(
            "{start}-{end} {speaker}: {text}{}",
            confidence.unwrap_or_default()
        )
    });
    lines.collect()
}

fn read(content: &str, given: Option<TimeUnit>) -> Result<Draft, ReadError> {
    super::read(content, given, Draft::default())
}

fn notes(draft: &Draft) -> Vec<String> {
    let notes = draft.warnings.iter();
    notes
        .map(|warning| format!("{}: {warning}", warning.line()))
        .collect()
}

fn language(content: &str) -> Option<String> {
    read(content, None).unwrap().language
}

#[test]
fn whisper_is_read_with_or_without_its_envelope() {
    let segments = r#"[
        {"id": 0, "start": 0, "end": 1.0004, "text": " Hi ", "tokens": [1, [2]],
         "avg_logprob": -0.5, "speaker": "SPEAKER_00"},
        {"start": 1, "end": 2, "text": "so", "confidence": 0.25, "avg_logprob": -9},
        {"start": 2, "end": 3, "text": "odd", "avg_logprob": 7, "speaker": null},
        {"start": 3, "end": 3, "text": " "}
    ]"#;
    let whole = format!(r#"{{"text": "", "language": "en", "segments": {segments}}}"#);
    let expected = [
        "0-1000 SPEAKER_00: Hi (0.61)",
        "1000-2000 -: so (0.25)",
        "2000-3000 -: odd (1.00)",
    ];
    assert_eq!(lines(segments), expected);
    assert_eq!(lines(&whole), expected);
    assert_eq!(language(&whole).as_deref(), Some("en"));
    let packed = format!("{{\"result\": {whole}}}");
    assert_eq!(lines(&packed), expected);
    assert_eq!(language(&packed).as_deref(), Some("en"));
}

#[test]
fn whisper_cpp_is_read() {
    let file = r#"{"result": {"language": "de"}, "params": {"language": "auto"}, "transcription": [
        {"timestamps": {"from": "00:00:00,000", "to": "00:00:01,000"},
         "offsets": {"from": 0, "to": 1000}, "text": " Hallo", "speaker": "1"},
        {"offsets": {"from": 1000, "to": 2000}, "text": " so", "speaker": "?"}]}"#;
    assert_eq!(lines(file), ["0-1000 1: Hallo", "1000-2000 -: so"]);
    assert_eq!(language(file).as_deref(), Some("de"));
}

#[test]
fn languages_are_names_in_some_tools() {
    let file = |language| {
        format!(
            r#"{{"language": "{language}", "segments": [{{"start": 0, "end": 1, "text": "a"}}]}}"#
        )
    };
    assert_eq!(language(&file("english")).as_deref(), Some("en"));
    assert_eq!(language(&file("Azerbaijani")).as_deref(), Some("az"));
    let draft = read(&file("unknown"), None).unwrap();
    assert_eq!(draft.language, None);
    assert_eq!(
        notes(&draft),
        ["1: passed over \"unknown\": expected the code of a language, such as `en`"]
    );
}

#[test]
fn values_that_are_not_used_can_be_broken() {
    let file = r#"{"segments": [{"start": 0.0, "end": 1.0, "text": " a", "avg_logprob": NaN,
        "tokens": "\ud800", "temperature": 1e999, "no_speech_prob": -Infinity}]}"#;
    assert_eq!(lines(file), ["0-1000 -: a"]);
}

#[test]
fn unknown_ends_are_as_far_as_known() {
    let list = r#"[{"start": 0.5, "end": null, "text": "a"}, {"start": 1.5, "text": "b"}]"#;
    assert_eq!(lines(list), ["500-1500 -: a", "1500-1500 -: b"]);
    let whole = format!(r#"{{"duration": 2.25, "segments": {list}}}"#);
    assert_eq!(lines(&whole), ["500-1500 -: a", "1500-2250 -: b"]);
}

#[test]
fn speakers_can_be_numbers_or_objects() {
    let file = r#"[{"start": 0, "end": 1, "text": "a", "speaker": 0},
        {"start": 1, "end": 2, "text": "b", "speaker": {"id": 7, "name": "Ada"}},
        {"start": 2, "end": 3, "text": "c", "speaker_id": 1, "speaker_name": "Bo"},
        {"start": 3, "end": 4, "text": "d", "speaker": ""}]"#;
    assert_eq!(
        lines(file),
        [
            "0-1000 0: a",
            "1000-2000 Ada: b",
            "2000-3000 Bo: c",
            "3000-4000 -: d"
        ]
    );
}

#[test]
fn milliseconds_are_recognized_by_the_pace() {
    let file = r#"[{"start": 250, "end": 26950, "text": "Welcome to all of you", "speaker": "A"},
        {"start": 27850, "end": 28840, "text": "Hey", "speaker": "B"}]"#;
    let draft = read(file, None).unwrap();
    let expected = ["250-26950 A: Welcome to all of you", "27850-28840 B: Hey"];
    assert_eq!(lines_of(&draft), expected);
    assert_eq!(
        notes(&draft),
        [
            "1: the times are read as milliseconds, because in seconds 6 words would take 08:00:40.000"
        ]
    );
    let draft = read(file, Some(TimeUnit::Milliseconds)).unwrap();
    assert_eq!(
        (lines_of(&draft), notes(&draft)),
        (expected.map(str::to_owned).to_vec(), vec![])
    );
    let draft = read(file, Some(TimeUnit::Seconds)).unwrap();
    assert_eq!(draft.cues[1].cue.end_ms, 28_840_000);

    // Pauses between cues do not count, and fractions are seconds, but not in silence.
    let quiet = r#"[{"start": 10, "end": 12, "text": "Hello"}, {"start": 9000, "end": 9002, "text": "Bye"}]"#;
    assert_eq!(
        lines(quiet),
        ["10000-12000 -: Hello", "9000000-9002000 -: Bye"]
    );
    let slow = r#"[{"start": 0.5, "end": 3600, "text": "Music"}]"#;
    let draft = read(slow, None).unwrap();
    assert_eq!(lines_of(&draft), ["500-3600000 -: Music"]);
    let repair = Repair::LongSilence(3_600_000);
    assert_eq!(*draft.warnings, [Warning::Repaired { line: 1, repair }]);
}

#[test]
fn assembly_ai_is_in_milliseconds() {
    let file = r#"{"id": "x", "language_code": "en_us", "audio_duration": 30, "text": "Hi. So.",
        "utterances": null, "words": [
        {"text": "Hi", "start": 250, "end": 600, "confidence": 0.9, "speaker": "A"},
        {"text": "there.", "start": 700, "end": 900, "speaker": "A"},
        {"text": "So.", "start": 1000, "end": 1500, "speaker": "B"}]}"#;
    assert_eq!(lines(file), ["250-900 A: Hi there.", "1000-1500 B: So."]);
    assert_eq!(language(file).as_deref(), Some("en-us"));
    let file = r#"{"audio_duration": 30, "words": [], "utterances": [
        {"speaker": "A", "start": 0, "end": 20000, "text": "Hi", "confidence": 0.5, "words": []}]}"#;
    assert_eq!(lines(file), ["0-20000 A: Hi (0.50)"]);
    assert_eq!(notes(&read(file, None).unwrap()), [""; 0]);
}

#[test]
fn deepgram_is_read_with_utterances_paragraphs_or_words() {
    let file = r#"{"metadata": {"duration": 9.5}, "results": {"utterances": [
        {"start": 0.5, "end": 1.5, "confidence": 0.75, "channel": 0, "transcript": "hi", "speaker": 0}]}}"#;
    assert_eq!(lines(file), ["500-1500 0: hi (0.75)"]);
    let paragraphs = r#""paragraphs": {"transcript": "", "paragraphs": [
        {"sentences": [{"text": "Hi.", "start": 0.5, "end": 1}, {"text": "So.", "start": 1, "end": 2}],
         "speaker": 0, "start": 0.5, "end": 2},
        {"sentences": [{"text": "Yes.", "start": 2, "end": 3}], "speaker": 1}]}"#;
    let words = r#""words": [{"word": "hi", "punctuated_word": "Hi,", "start": 0.5, "end": 1, "speaker": 0},
        {"word": "ada", "punctuated_word": "Ada.", "start": 1, "end": 1.5, "speaker": 0},
        {"word": "yes", "start": 2, "end": 2.5, "speaker": 1}]"#;
    let file = |parts: &[&str]| {
        let parts = parts.join(", ");
        format!(
            r#"{{"results": {{"channels": [{{"detected_language": "fr", "alternatives":
               [{{"transcript": "", {parts}}}]}}]}}}}"#
        )
    };
    assert_eq!(
        lines(&file(&[words, paragraphs])),
        ["500-1000 0: Hi.", "1000-2000 0: So.", "2000-3000 1: Yes."]
    );
    assert_eq!(
        lines(&file(&[words])),
        ["500-1500 0: Hi, Ada.", "2000-2500 1: yes"]
    );
    assert_eq!(language(&file(&[words])).as_deref(), Some("fr"));
}

#[test]
fn transformers_have_chunks() {
    let file = r#"{"text": "a b", "chunks": [{"timestamp": [0.0, 2.5], "text": " a"},
        {"timestamp": [2.5, null], "text": " b"}]}"#;
    assert_eq!(lines(file), ["0-2500 -: a", "2500-2500 -: b"]);
}

#[test]
fn youtube_has_durations() {
    let list = r#"[{"text": "a", "start": 0.5, "duration": 2.25}, {"text": "b", "start": 2, "duration": 1}]"#;
    let expected = ["500-2750 -: a", "2000-3000 -: b"];
    assert_eq!(lines(list), expected);
    let snippets = format!(r#"{{"language_code": "en", "snippets": {list}}}"#);
    assert_eq!(lines(&snippets), expected);
    let events = r#"{"wireMagic": "pb3", "events": [{"tStartMs": 0, "dDurationMs": 9000, "id": 1},
        {"tStartMs": 500, "dDurationMs": 2250, "segs": [{"utf8": "a"}]},
        {"tStartMs": 1900, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {"tStartMs": 2000, "dDurationMs": 1000, "segs": [{"utf8": "b", "tOffsetMs": 0}]}]}"#;
    assert_eq!(lines(events), expected);
}

#[test]
fn teams_and_stream_have_entries() {
    let file = r#"{"$schema": "x", "version": "1.0.0", "type": "Transcript", "entries": [
        {"text": "Hello", "speakerId": "17", "speakerDisplayName": "Ada L", "confidence": 0.5,
         "startOffset": "00:00:03.2190000", "endOffset": "00:00:04.9190000"}]}"#;
    assert_eq!(lines(file), ["3219-4919 Ada L: Hello (0.50)"]);
}

#[test]
fn rev_amazon_and_fireflies_are_read() {
    let rev = r#"{"monologues": [{"speaker": 0, "elements": [
        {"type": "text", "value": "Hi", "ts": 0.5, "end_ts": 0.75, "confidence": 0.9},
        {"type": "punct", "value": " "},
        {"type": "text", "value": "you", "ts": 1, "end_ts": 1.5}, {"type": "punct", "value": "."}]}]}"#;
    assert_eq!(lines(rev), ["500-1500 0: Hi you."]);
    let amazon = r#"{"jobName": "x", "results": {"language_code": "en-US", "transcripts": [],
        "items": [{"type": "pronunciation", "alternatives": [{"confidence": "0.9", "content": "Hi"}],
                   "start_time": "0.5", "end_time": "0.75", "speaker_label": "spk_0"},
                  {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]},
                  {"type": "pronunciation", "alternatives": [{"content": "So"}],
                   "start_time": "1", "end_time": "2", "speaker_label": "spk_1"}]}}"#;
    assert_eq!(lines(amazon), ["500-750 spk_0: Hi.", "1000-2000 spk_1: So"]);
    assert_eq!(language(amazon).as_deref(), Some("en-US"));
    let fireflies = r#"{"data": {"transcript": {"title": "x", "sentences": [{"index": 0,
        "speaker_name": "Ada", "speaker_id": 0, "text": "Hi", "start_time": 0.5, "end_time": "1.5s"}]}}}"#;
    assert_eq!(lines(fireflies), ["500-1500 Ada: Hi"]);
}

#[test]
fn azure_is_read() {
    let batch = r#"{"source": "x.wav", "durationInTicks": 100000000, "duration": "PT10S",
        "combinedRecognizedPhrases": [{"channel": 0, "display": "Hello there. So."}],
        "recognizedPhrases": [
        {"recognitionStatus": "Success", "channel": 0, "speaker": 1, "offset": "PT0.07S",
         "duration": "PT1.59S", "offsetInTicks": 700000.0, "durationInTicks": 15900000.0,
         "nBest": [{"confidence": 0.89, "lexical": "hello there", "display": "Hello there."},
                   {"confidence": 0.5, "lexical": "yellow", "display": "Yellow."}]},
        {"recognitionStatus": "InitialSilenceTimeout", "channel": 0, "offsetInTicks": 0,
         "durationInTicks": 10},
        {"recognitionStatus": "Success", "channel": 1, "offsetInTicks": 20000000,
         "durationInTicks": 10000000, "nBest": [{"lexical": "so"}]},
        {"recognitionStatus": "Success", "offsetInTicks": 20000000}]}"#;
    let draft = read(batch, None).unwrap();
    assert_eq!(
        lines_of(&draft),
        ["70-1660 1: Hello there. (0.89)", "2000-3000 -: so"]
    );
    assert_eq!(draft.warnings.len(), 1);
    assert_eq!(draft.warnings[0].line(), 12);
    let fast = r#"{"durationMilliseconds": 2000, "combinedPhrases": [{"text": "Good. So."}],
        "phrases": [{"offsetMilliseconds": 720, "durationMilliseconds": 480, "text": "Good.",
        "words": [{"text": "Good.", "offsetMilliseconds": 720, "durationMilliseconds": 480}],
        "locale": "en-US", "confidence": 0.93, "speaker": 2}]}"#;
    assert_eq!(lines(fast), ["720-1200 2: Good. (0.93)"]);
}

#[test]
fn google_is_read() {
    let with_words = r#"{"name": "1", "done": true, "response": {"results": [
        {"alternatives": [{"transcript": "Hi there", "confidence": 0.75, "words": [
            {"startTime": "0.500s", "endTime": "0.700s", "word": "Hi"},
            {"startTime": "0.700s", "endTime": "1.200s", "word": "there"}]}],
         "resultEndTime": "1.500s", "languageCode": "en-us"},
        {"alternatives": [{"transcript": " so", "words": []}], "resultEndTime": "3s"},
        {"alternatives": [{}]}]}}"#;
    let draft = read(with_words, None).unwrap();
    assert_eq!(
        lines_of(&draft),
        ["500-1200 -: Hi there (0.75)", "1200-3000 -: so"]
    );
    let cause = "the start of a cue cannot be read; it starts when the cue before it ends";
    assert_eq!(notes(&draft), [format!("6: {cause}")]);
    assert_eq!(draft.language.as_deref(), Some("en-us"));
    // Speakers are with the words of the last result, which has all of them again.
    let with_speakers = r#"{"results": [
        {"alternatives": [{"transcript": "Hi. Yes.", "words": [
            {"endTime": "0.700s", "word": "Hi.", "speakerTag": 0}]}]},
        {"alternatives": [{"words": [
            {"endTime": "0.700s", "word": "Hi", "speakerTag": 1},
            {"startTime": "0.700s", "endTime": "1s", "word": "there.", "speakerTag": 1},
            {"startTime": "1s", "endTime": "2s", "word": "Yes.", "speakerTag": 2}]}]}]}"#;
    assert_eq!(
        lines(with_speakers),
        ["0-1000 1: Hi there.", "1000-2000 2: Yes."]
    );
    let second_version = r#"{"results": [{"alternatives": [{"transcript": "Hi", "confidence": 0,
        "words": [{"endOffset": "0.400s", "word": "Hi"}]}], "resultEndOffset": "0.5s",
        "languageCode": "de-DE"}]}"#;
    assert_eq!(lines(second_version), ["0-400 -: Hi"]);
    // Without the times of words, there are only the ends.
    let bare = r#"{"results": [{"alternatives": [{"transcript": "a"}], "resultEndTime": "2s"},
        {"alternatives": [{"transcript": "b"}], "resultEndTime": "3s"}]}"#;
    assert_eq!(lines(bare), ["0-2000 -: a", "2000-3000 -: b"]);
}

#[test]
fn recall_is_read() {
    let words = r#"{"text": "Good", "start_timestamp": {"relative": 1.5, "absolute": "2025-01-01T00:00:00Z"},
         "end_timestamp": {"relative": 2, "absolute": null}},
        {"text": "morning.", "start_timestamp": {"relative": 2}, "end_timestamp": {"relative": 2.5}},
        {"text": "All", "start_timestamp": {"relative": 3}, "end_timestamp": {"relative": 4}}"#;
    let file = format!(
        r#"[{{"participant": {{"id": 1, "name": "Ada", "is_host": true}}, "words": [{words}]}},
        {{"participant": {{"id": 2, "name": null}}, "words": [
            {{"text": "Hi", "start_timestamp": {{"relative": 5}}, "end_timestamp": {{"relative": 6}}}}]}}]"#
    );
    assert_eq!(
        lines(&file),
        [
            "1500-2500 Ada: Good morning.",
            "3000-4000 Ada: All",
            "5000-6000 -: Hi"
        ]
    );
    let earlier = r#"[{"speaker": "Ada", "speaker_id": 1, "language": "en", "words": [
        {"text": "Hi", "start_timestamp": 1.5, "end_timestamp": 2, "confidence": 0.9}]},
        {"speaker": "Max", "words": []}, {"nothing": 1}]"#;
    let draft = read(earlier, None).unwrap();
    assert_eq!(lines_of(&draft), ["1500-2000 Ada: Hi"]);
    assert_eq!(draft.warnings.len(), 1);
    assert_eq!(language(earlier).as_deref(), Some("en"));
}

#[test]
fn one_object_a_line_is_a_list() {
    let file = "{\"start\": 0, \"end\": 1, \"text\": \"a\"}\n{\"start\": 1, \"end\": 2, \"text\": \"b\"}\n";
    assert_eq!(lines(file), ["0-1000 -: a", "1000-2000 -: b"]);
    let (first, _) = file.split_once('\n').unwrap();
    assert_eq!(lines(first), ["0-1000 -: a"]);
}

#[test]
fn what_cannot_be_read_is_shown_with_its_line() {
    let file = "[{\"start\": 0, \"end\": 1, \"text\": \"a\", \"confidence\": 1.5},\n\
                {\"start\": null, \"end\": 2, \"text\": \"b\"},\n\
                {\"start\": -1, \"end\": 3, \"text\": \"c\"},\n\
                {\"start\": 3e6, \"end\": 4, \"text\": \"d\"},\n\
                {\"start\": 4, \"end\": \"later\", \"text\": \"e\"},\n\
                {\"start\": \"?\", \"end\": 5, \"text\": \"f\\u0000\"},\n\
                17, {\"said\": \"g\"}]";
    let draft = read(file, None).unwrap();
    assert_eq!(
        lines_of(&draft),
        [
            "0-1000 -: a",
            "1000-2000 -: b",
            "0-3000 -: c",
            "4000-4000 -: e",
            "4000-5000 -: f\u{fffd}"
        ]
    );
    assert_eq!(
        notes(&draft),
        [
            "7: passed over \"17\": expected an object with times and a text",
            "7: passed over \"{\\\"said\\\": \\\"g\\\"}\": expected an object with times and a text",
            "1: passed over \"1.5\": expected a confidence from 0 to 1",
            "2: the start of a cue cannot be read; it starts when the cue before it ends",
            "3: a cue that starts before 0 starts at 0",
            "4: passed over \"d\": this is too late; the latest possible time is 596:31:23.647",
            "5: the end of a cue cannot be read; it ends when it starts",
            "6: the start of a cue cannot be read; it starts when the cue before it ends",
        ]
    );
}

#[test]
fn json_without_times_is_rejected() {
    for (file, message) in [
        (
            "{}",
            "expected a list of cues with times, such as `segments` (column 1)",
        ),
        (
            "{\"segments\": null}",
            "expected a list of cues with times, such as `segments` (column 1)",
        ),
        (
            "{\"text\": \"Hi\"}",
            "expected a list of cues with times, such as `segments`; there is only a text (column 1)",
        ),
        (
            "[{\"text\": \"a\"}]",
            "expected times in the list of cues that begins here (column 1)",
        ),
        ("nonsense", "expected a value (column 1)"),
    ] {
        let error = read(file, None).unwrap_err().to_string();
        assert_eq!(error, format!("line 1: {message}"), "{file}");
    }
    for empty in ["[]", "{\"segments\": []}"] {
        assert!(read(empty, None).unwrap().cues.is_empty());
    }
}

#[test]
fn many_words_take_linear_time() {
    let word = r#"{"word": "a", "start": 1, "end": 2, "speaker": 0}"#;
    let words = vec![word; 20_000].join(",");
    let file =
        format!(r#"{{"results": {{"channels": [{{"alternatives": [{{"words": [{words}]}}]}}]}}}}"#);
    assert_eq!(read(&file, None).unwrap().cues.len(), 500);
    let nested = format!("{}1{}", "{\"result\":".repeat(20_000), "}".repeat(20_000));
    assert!(read(&nested, None).is_err());
}
