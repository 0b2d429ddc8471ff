//! SubStation Alpha files.

#![no_main]

use transcript::{Format, fuzzing};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((selector, bytes)) = data.split_first() {
        fuzzing::read_as(Some(Format::Ass), *selector, bytes);
    }
});
