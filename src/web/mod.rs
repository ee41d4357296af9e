//! Browser input and output for Rust web apps.
//!
//! Every browser resource is a value whose `Drop` releases it: [`listener::Listener`],
//! [`timer::Timer`], [`port::Port`]. Time and randomness come from [`entropy`] alone.

pub mod entropy;
pub mod listener;
pub mod port;
pub mod timer;
