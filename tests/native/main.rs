//! All native tests in one binary: one link instead of one per file.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod forgeries;
mod frames;
mod grants;
mod handshake;
mod hostile;
mod ops;
mod origin;
mod origin_site;
mod origin_vectors;
mod pair;
mod requests;
mod session;
mod wording;
