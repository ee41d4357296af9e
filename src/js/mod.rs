//! What the npm build exports.

mod runtime;
