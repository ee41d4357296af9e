//! Grants of the storage hub, without I/O.

mod grants;

pub use grants::{Grant, GrantError, Grants, InvalidGrant, KeyPattern, Right, Rights};
