//! libFuzzer over [`yiju_fuzz::document`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::document(data));
