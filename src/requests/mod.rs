//! Rules of the one-shot transports, without I/O.
