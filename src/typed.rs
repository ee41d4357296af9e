//! Calls typed by serde.
