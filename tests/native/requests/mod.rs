//! The rules of the one-shot transports.

mod beacon;
mod jsonp;
mod mime;
