//! Requests to the API, by POST and by GET.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mina::fuzzing::call(data));
