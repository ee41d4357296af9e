//! Fuzzes [`portcullis_fuzz::proxy_paths`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::proxy_paths(data));
