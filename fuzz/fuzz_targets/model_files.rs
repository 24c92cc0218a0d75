//! libFuzzer over [`yiju_fuzz::model_files`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yiju_fuzz::model_files(data));
