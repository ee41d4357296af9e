//! The browser layer in a real browser: run by `wasm-bindgen-test` in Chromium and Firefox.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

mod channel;
mod guards;
mod hostile;
mod js;
mod limits;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
