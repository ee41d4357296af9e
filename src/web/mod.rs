//! Browser input and output for Rust web apps.
