//! The channel: handshake, session and link as state machines without I/O.

mod code;
pub mod error;
pub mod ops;
