//! Fuzzes [`portcullis_fuzz::jsonp_callback`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::jsonp_callback(data));
