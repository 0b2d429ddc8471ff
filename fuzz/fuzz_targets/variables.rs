//! The values of variables, compared with the same values in the document.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mina_graphql::fuzzing::variables(data));
