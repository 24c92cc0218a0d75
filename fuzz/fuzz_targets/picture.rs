//! libFuzzer over [`yiju_fuzz::picture`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::picture(data));
