//! libFuzzer over [`yiju_fuzz::references`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::references(data));
