//! Global ids.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| graphql::fuzzing::global_id(data));
