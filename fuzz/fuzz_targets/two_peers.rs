//! Fuzzes [`portcullis_fuzz::two_peers`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::two_peers(data));
