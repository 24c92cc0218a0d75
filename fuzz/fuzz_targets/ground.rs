//! libFuzzer over [`yiju_fuzz::ground`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::ground(data));
