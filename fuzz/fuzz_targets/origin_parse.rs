//! Fuzzes [`portcullis_fuzz::origin_parse`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::origin_parse(data));
