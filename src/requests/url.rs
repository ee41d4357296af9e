use alloc::string::String;
use core::fmt;

use crate::origin::{Host, Origin, OriginError, scheme_of, split_port};
use crate::text::{before, cut};

/// An `http` or `https` address in canonical form, cut into its parts.
///
/// Nothing is repaired: the text must be what a URL parser writes. Whether its host is spelled canonically
/// is the parser's business; here it has only letters that mean nothing anywhere else.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct HttpUrl<'a> {
    origin: &'a str,
    host: Host<'a>,
    /// Everything before the fragment.
    text: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

/// Why a text is not an [`HttpUrl`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum UrlError {
    /// A control character, a space, a backslash in the path, or something that is not ASCII.
    BadCharacter,
    /// There is no host, or it has an unusual letter.
    BadHost,
    /// The text does not begin with `http://` or `https://`.
    BadScheme,
    /// A user name or password before the host.
    HasUser,
}

impl UrlError {
    /// What is wrong, as the end of a sentence that begins with the text.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadCharacter => "has a character that no canonical address has",
            Self::BadHost => "has no canonical host",
            Self::BadScheme => "is neither http nor https",
            Self::HasUser => "has a user name or a password",
        }
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for UrlError {}

impl<'a> HttpUrl<'a> {
    /// Takes a canonical address. A fragment is dropped.
    ///
    /// # Errors
    ///
    /// All of [`UrlError`].
    pub fn parse(text: &'a str) -> Result<Self, UrlError> {
        let text = before(text, b'#');
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(UrlError::BadCharacter);
        }
        let (host, origin, rest) = cut_origin(text)?;
        let (path, query) = match cut(rest, b'?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        // A URL parser never leaves the path of an http address empty.
        if !path.starts_with('/') || cut(path, b'\\').is_some() {
            return Err(UrlError::BadCharacter);
        }
        Ok(Self { origin, host, text, path, query })
    }

    /// The origin.
    ///
    /// # Errors
    ///
    /// `BadHost` when the host is not spelled canonically.
    pub fn origin(&self) -> Result<Origin, OriginError> {
        Origin::parse(self.origin)
    }

    /// The origin's text.
    #[must_use]
    pub const fn origin_str(&self) -> &'a str {
        self.origin
    }

    /// `"http"` or `"https"`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        scheme_of(self.origin)
    }

    /// The host.
    #[must_use]
    pub const fn host(&self) -> Host<'a> {
        self.host
    }

    /// The path, with its leading slash.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The query without its question mark.
    #[must_use]
    pub const fn query(&self) -> Option<&'a str> {
        self.query
    }

    /// The address without a fragment.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The address with a form-urlencoded text added behind its query.
    #[must_use]
    pub fn with_query(&self, more: &str) -> String {
        let joint = match self.query {
            _ if more.is_empty() => "",
            None => "?",
            Some("") => "",
            Some(query) if query.ends_with('&') => "",
            Some(_) => "&",
        };
        [self.text, joint, more].concat()
    }
}

/// The host, the origin and what is behind it. The origin's spelling is not checked, only its letters.
pub(super) fn cut_origin(text: &str) -> Result<(Host<'_>, &str, &str), UrlError> {
    let rest = text.strip_prefix(scheme_of(text)).and_then(|rest| rest.strip_prefix("://"));
    let rest = rest.ok_or(UrlError::BadScheme)?;
    let end = rest.bytes().position(|b| matches!(b, b'/' | b'?')).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or("");
    for byte in authority.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b':' | b'[' | b']' => {}
            b'@' => return Err(UrlError::HasUser),
            _ => return Err(UrlError::BadHost),
        }
    }
    let (host, _) = split_port(authority);
    if host.is_empty() {
        return Err(UrlError::BadHost);
    }
    let (origin, rest) = text.split_at_checked(text.len() - rest.len() + end).unwrap_or((text, ""));
    Ok((Host::known(host), origin, rest))
}
