//! What the npm build exports.

mod runtime;

#[cfg(feature = "channel")]
mod channel;
