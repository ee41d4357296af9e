//! What the npm build exports.
