//! What the npm build exports.

#[cfg(any(feature = "requests", feature = "storage"))]
mod answer;
mod runtime;

#[cfg(feature = "channel")]
mod channel;
#[cfg(feature = "requests")]
mod requests;
#[cfg(feature = "storage")]
mod storage;
