//! Global ids.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mina_graphql::fuzzing::global_id(data));
