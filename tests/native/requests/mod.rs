//! The rules of the one-shot transports.

mod beacon;
mod cors;
mod jsonp;
mod mime;
mod proxy;
