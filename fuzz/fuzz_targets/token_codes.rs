//! libFuzzer over [`yiju_fuzz::token_codes`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::token_codes(data));
