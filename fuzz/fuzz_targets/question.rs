//! libFuzzer over [`yiju_fuzz::question`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::question(data));
