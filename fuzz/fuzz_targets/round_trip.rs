//! Transcripts that are read, written and read again.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| transcript::fuzzing::round_trip(data));
