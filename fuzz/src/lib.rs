//! What is fuzzed. Each function takes any bytes, may not panic, and asserts what must hold.
//!
//! The targets in `fuzz_targets/` hand them to libFuzzer; `tests/corpus.rs` replays the corpus on stable.

mod channel;
mod rules;

pub use channel::{frames, greetings, session, two_peers};
pub use rules::{cors_headers, jsonp_callback, origin_parse, proxy_paths};

/// A target: its name, which is also its corpus's folder, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 8] = [
    ("origin_parse", origin_parse),
    ("greetings", greetings),
    ("frames", frames),
    ("session", session),
    ("two_peers", two_peers),
    ("jsonp_callback", jsonp_callback),
    ("cors_headers", cors_headers),
    ("proxy_paths", proxy_paths),
];

/// The words in some bytes, four to a word.
fn words(data: &[u8]) -> Vec<u32> {
    data.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}
