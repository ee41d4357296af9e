//! What the npm build exports: one slice for each of the features `channel`, `requests`, `rules`
//! and `storage`.

mod runtime;

#[cfg(any(feature = "requests", feature = "storage"))]
#[allow(dead_code, reason = "each slice uses a part of it")]
mod answer;
#[cfg(feature = "channel")]
mod channel;
#[cfg(feature = "rules")]
mod cors;
// The two slices stand on the same modules, and each has its own exports.
#[cfg(all(feature = "requests", not(feature = "rules")))]
mod requests;
#[cfg(feature = "rules")]
mod rules;
#[cfg(feature = "storage")]
mod storage;
