//! Browser input and output for Rust web apps.
//!
//! Every browser resource is a value whose `Drop` releases it: [`listener::Listener`],
//! [`timer::Timer`], [`port::Port`]. Time and randomness come from [`entropy`] alone. The driver hands
//! events to a [`Link`](crate::channel::Link) and carries out what it answers; it never calls
//! JavaScript, nor drops what the application gave it, while the link is borrowed.

pub(crate) mod answer;
mod body;
pub(crate) mod channel;
pub(crate) mod driver;
pub mod entropy;
pub(crate) mod error;
mod failure;
pub mod listener;
mod operations;
mod outbox;
mod peer;
pub mod port;
pub mod timer;

pub use body::BodyLimits;
pub use channel::{CallOptions, Channel, ConnectOptions};
pub use error::{Error, Thrown};
pub use peer::Peer;
