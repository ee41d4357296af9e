//! Proofs of the three checks that every session rests on.
//!
//! Each witness has no size and no public constructor: the only way to one is the check that it is
//! named after, and a session opens only by taking all three.

use crate::origin::AllowList;

use super::error::Denial;
use super::nonce::Nonce;

/// What the origin of a greeting must be.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum OriginRule {
    /// One of these.
    Listed(AllowList),
    /// `"null"`: a sandboxed frame or a `data:` page, known by its window alone.
    Opaque,
    /// Not asked: whoever holds a port or a worker may speak through it.
    Port,
}

/// The message came from the bound window, or a port was posted to it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SourceBound(());

/// The origin of the peer satisfies the rule.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct OriginVerified(());

/// The peer knows the nonce that this side made for it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct NonceEchoed(());

impl SourceBound {
    /// Compares the window a message came from with the bound one; 0 is no window.
    pub(super) const fn check(bound: u32, source: u32) -> Result<Self, Denial> {
        if bound != 0 && bound == source { Ok(Self(())) } else { Err(Denial::WrongSource) }
    }

    /// The driver posts ports to the bound window only, so whoever speaks through one is that window's page.
    pub(super) const fn by_posting() -> Self {
        Self(())
    }
}

impl OriginVerified {
    /// Compares an origin that the browser reported with the rule.
    pub(super) fn check(rule: &OriginRule, origin: &str) -> Result<Self, Denial> {
        let fits = match rule {
            OriginRule::Port => true,
            OriginRule::Opaque if origin == "null" => true,
            OriginRule::Opaque => return Err(Denial::OpaqueOrigin),
            OriginRule::Listed(_) if origin == "null" => return Err(Denial::OpaqueOrigin),
            OriginRule::Listed(list) => list.admits(origin),
        };
        if fits { Ok(Self(())) } else { Err(Denial::OriginNotAllowed) }
    }

    /// A port posted with one exact target origin reaches no page of another.
    pub(super) fn by_target(rule: &OriginRule) -> Option<Self> {
        match rule {
            OriginRule::Listed(list) if list.exact().is_some() => Some(Self(())),
            _ => None,
        }
    }
}

impl NonceEchoed {
    /// Compares what the peer sent back with what it was given.
    pub(super) fn check(mine: &Nonce, echo: &Nonce) -> Option<Self> {
        (mine == echo).then_some(Self(()))
    }
}
