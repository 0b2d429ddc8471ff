//! The `where` of every list, up to the SQL for both databases.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mina_graphql::fuzzing::filter(data));
