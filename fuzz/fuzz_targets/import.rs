//! Transcripts in each of their formats.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| transcript::fuzzing::read(data));
