//! Fuzzes [`portcullis_fuzz::cors_headers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::cors_headers(data));
