//! Cursors of every list in every order.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mina_graphql::fuzzing::cursor(data));
