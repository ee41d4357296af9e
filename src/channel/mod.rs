//! The channel: handshake, session and link as state machines without I/O.
