//! CORS: what a browser will ask, what it will decide, and what a server should answer.
//!
//! Spec: <https://fetch.spec.whatwg.org/#http-cors-protocol>.

mod classify;
mod diagnose;
mod explain;
mod headers;
mod policy;
mod reason;

pub use classify::{Classification, Kind};
pub use diagnose::{Diagnosis, Probe, Symptoms};
pub use explain::{Exchange, Explanation, Response};
pub use headers::Headers;
pub use policy::{Asked, CorsAnswer, CorsPolicy, Decision};
pub use reason::{CorsCode, Reasons, Why};

use core::fmt;

use super::mime::is_token;
use super::url::{HttpUrl, UrlError, cut_origin};
use crate::text::pieces;

/// Whether a request carries cookies and other credentials.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the list is the Fetch standard's")]
pub enum Credentials {
    /// Always.
    Include,
    /// Never.
    Omit,
    /// Only to the page's own origin.
    #[default]
    SameOrigin,
}

impl Credentials {
    /// Takes the mode as the Fetch standard names it; the case counts.
    ///
    /// # Errors
    ///
    /// `BadCredentials`.
    pub fn parse(text: &str) -> Result<Self, InvalidRequest> {
        match text {
            "include" => Ok(Self::Include),
            "omit" => Ok(Self::Omit),
            "same-origin" => Ok(Self::SameOrigin),
            _ => Err(InvalidRequest::BadCredentials),
        }
    }
}

/// The page that makes a request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Page<'a>(&'a str);

impl<'a> Page<'a> {
    /// A page whose origin is `null`: every address is another origin.
    pub const OPAQUE: Self = Self("null");
    /// A page that is not said: judged as a page of another origin.
    pub const UNKNOWN: Self = Self("");

    /// Takes what `self.origin` says, or an empty text for an unknown page.
    ///
    /// # Errors
    ///
    /// `BadPage`.
    pub fn parse(origin: &'a str) -> Result<Self, InvalidRequest> {
        let page = Self(origin);
        if page != Self::OPAQUE && page != Self::UNKNOWN {
            let (_, whole, _) = cut_origin(origin).map_err(|_| InvalidRequest::BadPage)?;
            if whole.len() != origin.len() {
                return Err(InvalidRequest::BadPage);
            }
        }
        Ok(page)
    }

    fn is_https(self) -> bool {
        self.0.starts_with("https:")
    }

    /// What the browser sends as `Origin`, as far as it is known.
    fn text(self) -> &'a str {
        if self == Self::UNKNOWN { "the page's origin" } else { self.0 }
    }
}

/// A request as the page writes it.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers fill it in; a new rule is a new field they must know of"
)]
pub struct Request<'a> {
    /// The canonical address.
    pub url: &'a str,
    /// The method; the case is kept, as in `fetch`.
    pub method: &'a str,
    /// The headers the page sets.
    pub headers: Headers<'a>,
    /// The credentials mode.
    pub credentials: Credentials,
    /// The body is a stream.
    pub streaming: bool,
}

/// Why something is no request at all: `fetch` would throw.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// The credentials mode is none.
    BadCredentials,
    /// A header's name is no token.
    BadHeaderName,
    /// A header's value holds a zero byte, a line break, or a character above U+00FF.
    BadHeaderValue,
    /// The method is no token.
    BadMethod,
    /// The page's origin is none.
    BadPage,
    /// The address is none.
    BadUrl(UrlError),
    /// CONNECT, TRACE and TRACK are for no page.
    ForbiddenMethod,
}

impl InvalidRequest {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        CorsCode::Invalid.code()
    }

    /// What is wrong, as the end of a sentence that begins with the request.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadCredentials => "has credentials that are none of include, omit, same-origin",
            Self::BadHeaderName => "has a header whose name is no token",
            Self::BadHeaderValue => {
                "has a header value with a line break, a zero byte or a character above U+00FF"
            }
            Self::BadMethod => "has a method that is no token",
            Self::BadPage => "comes from a page whose origin is none",
            Self::BadUrl(error) => error.reason(),
            Self::ForbiddenMethod => "has the method CONNECT, TRACE or TRACK, which no page may use",
        }
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for InvalidRequest {}

/// Methods for which no preflight is made.
const SAFE_METHODS: &str = "GET HEAD POST";
/// Methods that no page may use.
const FORBIDDEN_METHODS: &str = "CONNECT TRACE TRACK";

/// A request whose parts are checked.
struct Checked<'a> {
    url: HttpUrl<'a>,
    /// As it is sent: in upper case where `fetch` does that.
    method: &'a str,
}

impl<'a> Request<'a> {
    fn check(&self) -> Result<Checked<'a>, InvalidRequest> {
        let checked = self.check_known()?;
        self.headers.check()?;
        Ok(checked)
    }

    /// The check for headers that the platform's own `Headers` has written.
    fn check_known(&self) -> Result<Checked<'a>, InvalidRequest> {
        let url = HttpUrl::parse(self.url).map_err(InvalidRequest::BadUrl)?;
        if !is_token(self.method) {
            return Err(InvalidRequest::BadMethod);
        }
        if word(FORBIDDEN_METHODS, self.method).is_some() {
            return Err(InvalidRequest::ForbiddenMethod);
        }
        let method = word("DELETE GET HEAD OPTIONS POST PUT", self.method).unwrap_or(self.method);
        Ok(Checked { url, method })
    }
}

/// The word of a list that a text is, whatever its case.
fn word(list: &'static str, text: &str) -> Option<&'static str> {
    pieces(list, b' ').find(|word| word.eq_ignore_ascii_case(text))
}
