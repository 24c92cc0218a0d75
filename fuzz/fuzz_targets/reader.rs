//! libFuzzer over [`yiju_fuzz::reader`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::reader(data));
