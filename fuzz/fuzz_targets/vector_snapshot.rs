//! libFuzzer over [`yiju_fuzz::vector_snapshot`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::vector_snapshot(data));
