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

use crate::text::number;

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
        read(text.as_bytes(), false)?;
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
        scheme_of(&self.0)
    }

    /// The host: a name or an IP address.
    #[must_use]
    pub fn host(&self) -> Host<'_> {
        Host::known(split_scheme(&self.0).map_or("", |(_, rest)| split_port(rest).0))
    }

    /// The port, or `None` when it is the scheme's default.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        let (_, rest) = split_scheme(&self.0)?;
        split_port(rest).1.parse().ok()
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

/// Checks a text that is to be an origin, or with `wild` a pattern; whether it has a wildcard.
fn read(text: &[u8], wild: bool) -> Result<bool, OriginError> {
    if text == b"null" {
        return Err(if wild { OriginError::NullPattern } else { OriginError::Opaque });
    }
    if wild && text == b"*" {
        return Err(OriginError::TooWide);
    }
    let (default, rest) = match text.strip_prefix(b"https://") {
        Some(rest) => (443, rest),
        None => (80, text.strip_prefix(b"http://").ok_or(OriginError::BadScheme)?),
    };
    // A colon inside an IPv6 address is none of a port.
    let (mut end, mut stars) = (rest.len(), 0);
    for (at, b) in rest.iter().enumerate() {
        match b {
            b'/' | b'?' | b'#' | b'\\' | b'@' => return Err(OriginError::HasPath),
            b']' => end = rest.len(),
            b':' => end = end.min(at),
            b'*' => stars += 1,
            _ => {}
        }
    }
    // A colon with nothing behind it is not canonical either.
    let (host, port) = rest.split_at_checked(end).unwrap_or_default();
    if let [_, port @ ..] = port
        && !number(port).is_some_and(|port| port != default && port < 1 << 16)
    {
        return Err(OriginError::BadPort);
    }
    if !wild || stars == 0 {
        return if host::is_name(host).is_some() { Ok(false) } else { Err(OriginError::BadHost) };
    }
    let [b'*', base @ ..] = host else { return Err(OriginError::BadWildcard) };
    if base.is_empty() {
        return Err(OriginError::TooWide);
    }
    let [b'.', base @ ..] = base else { return Err(OriginError::BadWildcard) };
    if stars > 1 {
        return Err(OriginError::BadWildcard);
    }
    match host::is_name(base) {
        None => Err(OriginError::BadHost),
        Some(false) => Err(OriginError::BadWildcard),
        Some(true) if !base.contains(&b'.') => Err(OriginError::TooWide),
        Some(true) => Ok(true),
    }
}

/// `"http"` or `"https"`, for a text that is known to begin with one of them.
pub(crate) fn scheme_of(text: &str) -> &'static str {
    if text.starts_with("https:") { "https" } else { "http" }
}

fn split_scheme(text: &str) -> Option<(&'static str, &str)> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    Some((scheme_of(text), rest))
}

/// Cuts the port off; a colon inside an IPv6 address is none of a port.
pub(crate) fn split_port(authority: &str) -> (&str, &str) {
    let closed = authority.bytes().position(|b| b == b']');
    let mut tail = authority.bytes().enumerate().skip(closed.unwrap_or(0));
    let at = tail.find(|&(_, b)| b == b':').map_or(authority.len(), |(at, _)| at);
    (authority.get(..at).unwrap_or(""), authority.get(at + 1..).unwrap_or(""))
}
