//! Fuzzes [`portcullis_fuzz::session`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::session(data));
