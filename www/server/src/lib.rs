//! The playground server: one process, many origins by `Host` header.
//!
//! Listens on loopback only and answers for `*.localhost` and `*.test`, so that one process gives a
//! browser as many origins and sites as a page or a test needs.

pub mod beacons;
pub mod behaviour;
pub mod certificate;
pub mod compare;
pub mod cors;
pub mod cors_wrong;
pub mod files;
pub mod hits;
pub mod host;
pub mod jsonp;
pub mod ledger;
pub mod listen;
pub mod options;
pub mod policy;
pub mod proxy;
pub mod sink;
pub mod site;
pub mod upstream;
