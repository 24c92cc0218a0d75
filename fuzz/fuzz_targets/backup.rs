//! libFuzzer over [`yiju_fuzz::backup`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::backup(data));
