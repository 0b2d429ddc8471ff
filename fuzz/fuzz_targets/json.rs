//! JSON transcripts, also broken ones and those of Python.

#![no_main]

use transcript::{Format, fuzzing};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((selector, bytes)) = data.split_first() {
        fuzzing::read_as(Some(Format::Json), *selector, bytes);
    }
});
