//! The rules of the one-shot transports.

mod beacon;
mod cors;
mod document_domain;
mod jsonp;
mod mime;
mod proxy;
mod window_name;
