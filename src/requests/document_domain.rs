//! `document.domain`: which hosts may share one, and what an attempt came to.
//!
//! The browser decides; in an origin-keyed agent cluster it ignores the attempt without a word. So an
//! attempt is judged by its effect.

use core::fmt;

use crate::origin::{Host, Origin};

/// Why a page cannot take a domain.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum DomainError {
    /// An IP address has no domain above it.
    IpAddress,
    /// The host or the wanted domain is no host name.
    NoName,
    /// The wanted domain is neither the host nor a domain above it.
    NotAbove,
    /// The page's origin is opaque.
    Opaque,
    /// The wanted domain is a public suffix: anybody may own a name below it.
    PublicSuffix,
}

impl DomainError {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "domain/refused"
    }

    /// Why, as a sentence without its full stop.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::IpAddress => "an IP address has no domain above it",
            Self::NoName => "this is no host name",
            Self::NotAbove => "the domain is neither the page's host nor above it",
            Self::Opaque => "the page's origin is opaque (a sandboxed frame), so it has no domain",
            Self::PublicSuffix => "the domain is a public suffix: anybody may own a name below it",
        }
    }
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for DomainError {}

/// Whether a page on `host` may set `document.domain` to `wanted`.
///
/// Spec: <https://html.spec.whatwg.org/#is-a-registrable-domain-suffix-of-or-is-equal-to>. Of public
/// suffixes only single labels are known here; the browser knows the others.
///
/// # Errors
///
/// All of [`DomainError`] but `Opaque`.
pub fn may_relax(host: &str, wanted: &str) -> Result<(), DomainError> {
    let (host, wanted) = (parse(host)?, parse(wanted)?);
    if host == wanted {
        return Ok(());
    }
    if !host.is_name() || !wanted.is_name() {
        return Err(DomainError::IpAddress);
    }
    if !host.is_subdomain_of(wanted.as_str()) {
        return Err(DomainError::NotAbove);
    }
    if wanted.as_str().bytes().any(|b| b == b'.') { Ok(()) } else { Err(DomainError::PublicSuffix) }
}

/// Whether pages on these two hosts can reach each other by both setting `wanted`.
///
/// # Errors
///
/// As [`may_relax`], for the first host that may not.
pub fn may_share(one: &str, other: &str, wanted: &str) -> Result<(), DomainError> {
    may_relax(one, wanted).and_then(|()| may_relax(other, wanted))
}

fn parse(text: &str) -> Result<Host<'_>, DomainError> {
    Host::parse(text).map_err(|_| DomainError::NoName)
}

/// Whether two pages may script each other: the standard's "same origin-domain".
///
/// Each page is its origin and the domain that it has set, if any.
/// Spec: <https://html.spec.whatwg.org/#same-origin-domain>
#[must_use]
pub fn same_origin_domain(one: (&Origin, Option<&str>), other: (&Origin, Option<&str>)) -> bool {
    match (one.1, other.1) {
        // The port no longer counts.
        (Some(first), Some(second)) => first == second && one.0.scheme() == other.0.scheme(),
        (None, None) => one.0 == other.0,
        _ => false,
    }
}

/// A sign that is there, is not there, or cannot be seen.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth")]
pub enum Sign {
    /// It is not there.
    No,
    /// It cannot be seen.
    #[default]
    Unknown,
    /// It is there.
    Yes,
}

/// What was seen when a page set `document.domain`.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers fill it in; a new sign is a new field they must know of"
)]
pub struct Attempt<'a> {
    /// The page's host (`location.hostname`).
    pub host: &'a str,
    /// The domain it set.
    pub wanted: &'a str,
    /// What `document.domain` reads now.
    pub after: &'a str,
    /// The setter threw.
    pub threw: bool,
    /// `window.originAgentCluster`.
    pub origin_keyed: Sign,
    /// The page's origin is opaque.
    pub opaque: bool,
    /// A page that set the same domain can be reached now.
    pub reached: Sign,
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing changed, and nothing was said.
    NoOp,
    /// The browser refused.
    Refused,
    /// The page now has the domain.
    Relaxed,
}

impl Outcome {
    /// The outcome as the JavaScript API names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoOp => "no-op",
            Self::Refused => "refused",
            Self::Relaxed => "relaxed",
        }
    }
}

impl Attempt<'_> {
    /// What it came to, and why.
    #[must_use]
    pub fn verdict(&self) -> (Outcome, &'static str) {
        if self.opaque {
            return (Outcome::Refused, DomainError::Opaque.reason());
        }
        if let Err(error) = may_relax(self.host, self.wanted) {
            return (Outcome::Refused, error.reason());
        }
        if self.threw {
            return (
                Outcome::Refused,
                "the browser refused: the frame is sandboxed, or the domain is a public suffix of several labels",
            );
        }
        match (self.reached, self.origin_keyed) {
            (Sign::Yes, _) => (Outcome::Relaxed, RELAXED),
            (_, Sign::Yes) => (Outcome::NoOp, ORIGIN_KEYED),
            _ if self.after != self.wanted => (Outcome::NoOp, ORIGIN_KEYED),
            (Sign::No, _) => {
                (Outcome::NoOp, "the other page cannot be reached: it must set the same domain too")
            }
            _ => (Outcome::Relaxed, RELAXED),
        }
    }
}

const RELAXED: &str = "every page of the domain that does the same, on any port, can now script this one";
const ORIGIN_KEYED: &str = "the page is in an origin-keyed agent cluster: send the header Origin-Agent-Cluster: ?0 with both pages, and not Cross-Origin-Embedder-Policy";
