//! JSONP: names, addresses and the frame's policy on the page's side, the script on the server's side.
//!
//! A JSONP answer is a program. On the page it runs in an opaque sandboxed frame; on the server nothing
//! of the request but a checked name gets into it.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use super::form;
use super::url::{HttpUrl, UrlError};

/// Longest callback name that is taken, in bytes.
pub const MAX_CALLBACK_BYTES: usize = 64;

/// Why a JSONP request is not made, or not answered.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum JsonpError {
    /// The callback is not `[A-Za-z_$][A-Za-z0-9_$]{0,63}`, or it is `__proto__`.
    BadCallback,
    /// The parameter that names the callback is empty, long, or not made of letters, digits and `_.-$[]`.
    BadParameter,
    /// The address is none.
    BadUrl(UrlError),
    /// A content security policy cannot name the host, so the frame could not be closed.
    HostWithoutPolicy,
    /// The address or the parameters carry the callback's parameter already.
    ParameterTaken,
}

impl JsonpError {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "jsonp/invalid"
    }

    /// What is wrong, as the end of a sentence that begins with the text.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadCallback => "is no callback name: a letter, _ or $, then at most 63 of these and digits",
            Self::BadParameter => "is no parameter name: 1 to 64 letters, digits and _.-$[]",
            Self::BadUrl(error) => error.reason(),
            Self::HostWithoutPolicy => {
                "has an IPv6 address as its host, which no content security policy can name"
            }
            Self::ParameterTaken => "carries the callback parameter already",
        }
    }
}

impl fmt::Display for JsonpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for JsonpError {}

/// A name that may be called in a script: `[A-Za-z_$][A-Za-z0-9_$]{0,63}`.
///
/// No dots: `a.b` would let a request choose which function of the page is called.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CallbackName<'a>(&'a str);

impl<'a> CallbackName<'a> {
    /// Takes a name as a request brings it, already decoded.
    ///
    /// # Errors
    ///
    /// `BadCallback`.
    pub fn parse(text: &'a str) -> Result<Self, JsonpError> {
        let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$');
        let valid = (1..=MAX_CALLBACK_BYTES).contains(&text.len())
            && text.bytes().all(word)
            && !text.as_bytes().first().is_some_and(u8::is_ascii_digit)
            && text != "__proto__";
        if valid { Ok(Self(text)) } else { Err(JsonpError::BadCallback) }
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// The address to ask: `params` (form-urlencoded) and the callback added to its query.
///
/// # Errors
///
/// `BadUrl`, `BadParameter`, `ParameterTaken`.
pub fn request_url(
    url: &str,
    params: &str,
    callback_param: &str,
    callback: CallbackName<'_>,
) -> Result<String, JsonpError> {
    let address = HttpUrl::parse(url).map_err(JsonpError::BadUrl)?;
    if !is_parameter(callback_param) {
        return Err(JsonpError::BadParameter);
    }
    // Two callbacks in one request: the server might take the other one.
    if form::names(address.query().unwrap_or(""), callback_param) || form::names(params, callback_param) {
        return Err(JsonpError::ParameterTaken);
    }
    let mut query = params.to_owned();
    form::push_pair(&mut query, callback_param, callback.as_str());
    Ok(address.with_query(&query))
}

/// Whether a text may name the callback's parameter.
pub(crate) fn is_parameter(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'$' | b'[' | b']');
    (1..=MAX_CALLBACK_BYTES).contains(&name.len()) && name.bytes().all(plain) && name != "__proto__"
}

/// The content security policy of the frame that runs the script: one host, and the one inline script
/// whose hash is given (such as `sha256-…`). A redirect to another host breaks it.
///
/// # Errors
///
/// `BadUrl`, `HostWithoutPolicy`.
pub fn frame_policy(url: &str, bootstrap_hash: &str) -> Result<String, JsonpError> {
    let address = HttpUrl::parse(url).map_err(JsonpError::BadUrl)?;
    policy_for(&address, bootstrap_hash).ok_or(JsonpError::HostWithoutPolicy)
}

/// The policy, unless no policy can name the host.
pub(crate) fn policy_for(address: &HttpUrl<'_>, bootstrap_hash: &str) -> Option<String> {
    if address.host().as_str().starts_with('[') {
        return None;
    }
    Some(["default-src 'none'; script-src ", address.origin_str(), " '", bootstrap_hash, "'"].concat())
}

/// A JSONP answer: what a server sends.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Script {
    /// The program.
    pub body: String,
    /// Header names and values, all of them to be set.
    pub headers: &'static [(&'static str, &'static str)],
}

/// Why each: a script type that `nosniff` lets run; no sniffing into another type; a download when
/// opened as a page (Rosetta Flash); readable under COEP; a random callback makes caching useless.
const HEADERS: &[(&str, &str)] = &[
    ("content-type", "application/javascript; charset=utf-8"),
    ("x-content-type-options", "nosniff"),
    ("content-disposition", "attachment; filename=\"f.txt\""),
    ("cross-origin-resource-policy", "cross-origin"),
    ("cache-control", "no-store"),
];

/// Wraps a JSON text into the call of `callback`.
///
/// The leading comment keeps a request from choosing the answer's first bytes (CVE-2014-4671). A page
/// that has taken its callback away is left alone.
#[must_use]
pub fn wrap(callback: CallbackName<'_>, json: &str) -> Script {
    let name = callback.as_str();
    let mut body = ["/**/typeof ", name, "===\"function\"&&", name, "("].concat();
    for c in json.chars() {
        match c {
            // In JSON these stand only inside strings. A line separator ends a string in old engines;
            // `</script` and `<!--` mean something where the answer is pasted into a page.
            '<' => body.push_str("\\u003c"),
            '\u{2028}' => body.push_str("\\u2028"),
            '\u{2029}' => body.push_str("\\u2029"),
            _ => body.push(c),
        }
    }
    body.push_str(");");
    Script { body, headers: HEADERS }
}
