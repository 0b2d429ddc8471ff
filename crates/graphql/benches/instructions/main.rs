//! Counts the processor instructions of the parts that each request pays for.
//!
//! Unlike times, they are the same in every run, whatever else the machine does, so a change that
//! makes a part slower is noticed. Each case runs alone under callgrind, which counts what its own
//! thread does: neither the thread of SQLite nor the preparation is part of it. A case fails if it
//! needs over 5 % more than the committed figure; if a change is worth it, or a part became faster,
//! commit the new one.
//!
//! `just instructions` runs it, and says what it needs.

#![expect(missing_docs, reason = "macros make public items")]

mod request;

use std::{fmt::Write, hint::black_box};

use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, prelude::*};
use transcript::{About, OutputFormat, ReadOptions, Spoken, Transcript, Writer};

use self::request::{
    CONDITION, DOCUMENT, GRAPH, LIST, MEETING, Prepared, TASKS, TRANSCRIPT, Unchecked,
};

/// The limit for a case that needs `committed` thousands of instructions.
fn at_most(committed: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(EventKind::Ir, committed * 1050)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

// A document that was not sent before: parsing, validation, price.
#[library_benchmark]
#[bench::graph(args = (GRAPH), setup = request::unchecked, config = at_most(1_158))]
#[bench::large(args = (DOCUMENT), setup = request::unchecked, config = at_most(1_475))]
fn check(document: Unchecked) -> Unchecked {
    black_box(document.check())
}

// A query whose document is known, from the call to the finished JSON.
#[library_benchmark]
#[bench::meeting(args = (MEETING), setup = request::prepared, config = at_most(127))]
#[bench::list(args = (LIST), setup = request::prepared, config = at_most(1_155))]
#[bench::graph(args = (GRAPH), setup = request::prepared, config = at_most(4_683))]
#[bench::tasks(args = (TASKS), setup = request::prepared, config = at_most(3_299))]
#[bench::transcript(args = (TRANSCRIPT), setup = request::prepared, config = at_most(2_671))]
#[bench::condition(args = (CONDITION), setup = request::prepared, config = at_most(340))]
fn execute(query: Prepared) -> Prepared {
    black_box(query.execute())
}

/// A WebVTT file of a thousand cues.
fn captions() -> Vec<u8> {
    let mut file = String::from("WEBVTT\n");
    for cue in 0..1000 {
        let (minutes, seconds) = (cue / 30, cue % 30 * 2);
        let speaker = ["Ada", "Grace", "Edsger"][cue % 3];
        write!(
            file,
            "\n{minutes:02}:{seconds:02}.000 --> {minutes:02}:{seconds:02}.900\n\
             <v {speaker}>The figures of part {cue} &amp; what follows from them</v>\n"
        )
        .expect("a string takes everything");
    }
    file.into_bytes()
}

fn read(file: &[u8]) -> Transcript {
    transcript::read(file, ReadOptions::default()).expect("the file is valid")
}

// A file that is imported.
#[library_benchmark]
#[bench::webvtt(args = (), setup = captions, config = at_most(9_229))]
fn read_transcript(file: Vec<u8>) -> Transcript {
    black_box(read(&file))
}

// A file that is downloaded.
#[library_benchmark]
#[bench::webvtt(args = (OutputFormat::WebVtt), setup = spoken, config = at_most(6_232))]
#[bench::json(args = (OutputFormat::Json), setup = spoken, config = at_most(5_592))]
fn write_transcript((format, transcript): (OutputFormat, Transcript)) -> String {
    let mut file = String::new();
    let mut writer = Writer::new(format, About::default());
    let done = writer.start(&mut file);
    for cue in &transcript.cues {
        writer
            .cue(&mut file, Spoken::from(cue))
            .expect("a string takes everything");
    }
    done.and_then(|()| writer.finish(&mut file))
        .expect("a string takes everything");
    black_box(file)
}

fn spoken(format: OutputFormat) -> (OutputFormat, Transcript) {
    (format, read(&captions()))
}

library_benchmark_group!(
    name = instructions,
    setup = request::make_database(),
    benchmarks = [check, execute, read_transcript, write_transcript]
);

main!(library_benchmark_groups = instructions);
