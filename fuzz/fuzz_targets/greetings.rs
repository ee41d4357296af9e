//! Fuzzes [`portcullis_fuzz::greetings`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::greetings(data));
