//! Rules of the one-shot transports, without I/O.
//!
//! The page runs them through the npm package, a server runs the same ones natively.

pub mod beacon;
pub mod cors;
pub mod document_domain;
mod form;
pub mod jsonp;
pub mod mime;
pub mod proxy;
mod url;
pub mod window_name;

pub use url::{HttpUrl, UrlError};
