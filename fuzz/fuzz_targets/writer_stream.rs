//! libFuzzer over [`yiju_fuzz::writer_stream`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::writer_stream(data));
