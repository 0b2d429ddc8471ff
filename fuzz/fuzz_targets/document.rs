//! Documents: their tokens, their costs, their validation.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mina_graphql::fuzzing::document(data));
