//! Typed, origin-checked channels between web pages of different origins.
//!
//! | feature | holds | runs natively |
//! |---|---|---|
//! | (always) | strict origins, patterns, allow-lists | yes |
//! | `channel` | handshake, session, link: state machines without I/O | yes |
//! | `requests` | rules of JSONP, beacons, CORS, proxy routes, `window.name`, `document.domain` | yes |
//! | `storage` | grants of the storage hub | yes |
//! | `site` | same-site and registrable domains, by the Public Suffix List | yes |
//! | `web` | the browser layer for Rust web apps | no |
//! | `serde` | calls typed by serde, on top of `web` | no |
//! | `js` | classes exported to the npm package; not for Rust users | no |
//!
//! The crate is `no_std` with `alloc`: the state machines cannot reach a clock, a thread or a
//! socket even by mistake, and the npm slices carry no panic text. Only `web` links `std`.

#![no_std]

extern crate alloc;
#[cfg(any(feature = "web", test))]
extern crate std;

#[cfg(feature = "channel")]
pub mod channel;
pub mod origin;
#[cfg(feature = "requests")]
pub mod requests;
#[cfg(feature = "storage")]
pub mod storage;

#[cfg(feature = "js")]
mod js;
#[cfg_attr(not(feature = "requests"), allow(dead_code, reason = "origins alone use a part of it"))]
mod text;
#[cfg(feature = "serde")]
pub mod typed;
#[cfg(feature = "web")]
pub mod web;
