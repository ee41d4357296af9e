//! The channel: handshake, session and link as state machines without I/O.
//!
//! A [`Link`] is one channel's life. It is told what happens, with the time and random bits as
//! arguments, and writes what is to be done as words ([`ops`]). It never sees a value of the
//! application: the driver keeps them in queues, in the order in which it tells of the frames that
//! they belong to.

mod again;
mod answers;
mod arrival;
mod batch;
mod calls;
mod code;
pub mod error;
mod exports;
pub mod frame;
mod greet;
mod handshake;
mod heartbeat;
pub mod limits;
mod link;
mod nonce;
mod opening;
pub mod ops;
mod output;
mod parting;
mod pulse;
mod sending;
mod serial;
mod session;
mod slots;
mod streams;
mod time;
mod unacked;
mod witness;
mod write;

pub use arrival::Arrival;
pub use calls::Call;

pub use limits::Limits;
pub use link::{Config, Link, Peer};
pub use nonce::Nonce;
pub use output::{Body, Output, Outputs};
pub use session::Session;
pub use time::Millis;
#[cfg(feature = "js")]
pub(crate) use time::saturated;
pub use witness::{NonceEchoed, OriginRule, OriginVerified, SourceBound};
