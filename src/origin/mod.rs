//! Origins: strict, canonical, compared byte by byte.
//!
//! Nothing here repairs a text. What a user writes is made canonical by the platform's own `URL`
//! at the edge; what a browser reports is canonical already; the rest is refused.

mod allow_list;
mod error;
mod host;
mod pattern;
#[cfg(feature = "site")]
mod site;

pub use allow_list::{AllowList, InvalidEntry};
pub use error::OriginError;
pub use host::Host;
pub use pattern::OriginPattern;

use alloc::boxed::Box;
use core::fmt;
use core::str::FromStr;

/// A tuple origin in canonical ASCII form, such as `https://shop.example:8443`.
///
/// The scheme is `http` or `https`. The text is lower-case and carries neither a path nor the
/// scheme's default port, so two origins are the same exactly when their bytes are.
/// Spec: <https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin>
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Origin(Box<str>);

impl Origin {
    /// Takes a text that already is an origin; `"null"`, an empty text and every other spelling of
    /// an origin are errors.
    ///
    /// # Errors
    ///
    /// `Opaque` for `"null"`, `BadScheme`, `HasPath`, `BadHost`, `BadPort` for what they say.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        Host::parse(Authority::of(text)?.host)?;
        Ok(Self(text.into()))
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `"http"` or `"https"`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// The host: a name or an IP address.
    #[must_use]
    pub fn host(&self) -> Host<'_> {
        let (host, _) = self.authority();
        Host::known(host)
    }

    /// The port, or `None` when it is the scheme's default.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.authority().1.parse().ok()
    }

    fn authority(&self) -> (&str, &str) {
        split_port(self.0.split_once("://").map_or("", |(_, rest)| rest))
    }
}

impl AsRef<str> for Origin {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        Self::parse(text)
    }
}

/// An origin's text with scheme and port checked, and the host not yet.
#[derive(Clone, Copy)]
struct Authority<'a> {
    scheme: &'a str,
    host: &'a str,
}

impl<'a> Authority<'a> {
    fn of(text: &'a str) -> Result<Self, OriginError> {
        if text == "null" {
            return Err(OriginError::Opaque);
        }
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::BadScheme)?;
        let default_port = match scheme {
            "http" => "80",
            "https" => "443",
            _ => return Err(OriginError::BadScheme),
        };
        if rest.bytes().any(|b| matches!(b, b'/' | b'?' | b'#' | b'\\' | b'@')) {
            return Err(OriginError::HasPath);
        }
        let (host, port) = split_port(rest);
        // A colon with nothing behind it is not canonical either.
        let bare = host.len() == rest.len();
        if bare || (is_port(port) && port != default_port) {
            Ok(Self { scheme, host })
        } else {
            Err(OriginError::BadPort)
        }
    }
}

/// Cuts the port off; a colon inside an IPv6 address is none of a port.
fn split_port(authority: &str) -> (&str, &str) {
    let from = authority.rfind(']').unwrap_or(0);
    match authority.get(from..).and_then(|tail| tail.find(':')) {
        Some(at) => {
            let (host, port) = authority.split_at(from + at);
            (host, port.strip_prefix(':').unwrap_or(port))
        }
        None => (authority, ""),
    }
}

fn is_port(text: &str) -> bool {
    let canonical = text == "0" || !text.starts_with('0');
    canonical && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
