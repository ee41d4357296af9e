//! Grants of the storage hub, without I/O.
