//! libFuzzer over [`yiju_fuzz::format`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::format(data));
