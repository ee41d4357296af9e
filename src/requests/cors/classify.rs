use alloc::string::String;
use alloc::vec::Vec;

use super::super::mime;
use super::{Headers, InvalidRequest, Page, Reason, Request, Why};

/// Longest value of a safelisted header, in bytes.
const MAX_VALUE_BYTES: usize = 128;
/// Longest sum of the values of safelisted headers, in bytes.
const MAX_SUM_BYTES: usize = 1024;

/// What a browser does before it sends a request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// It asks the server by OPTIONS first.
    Preflight,
    /// Nothing: CORS does not apply.
    SameOrigin,
    /// Nothing: it sends, and judges the answer.
    Simple,
}

impl Kind {
    /// The kind as the JavaScript API names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::SameOrigin => "same-origin",
            Self::Simple => "simple",
        }
    }
}

/// What a browser does before it sends a request, with each reason.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Classification {
    /// What it does.
    pub kind: Kind,
    /// Why: at least one.
    pub reasons: Vec<Reason>,
    /// The headers that a preflight names, in lower case and sorted.
    pub unsafe_headers: Vec<String>,
    /// The method as it is sent.
    pub method: String,
}

impl Request<'_> {
    /// Foresees whether the browser asks first.
    ///
    /// # Errors
    ///
    /// What `fetch` would throw for.
    pub fn classify(&self, page: &Page) -> Result<Classification, InvalidRequest> {
        let checked = self.check()?;
        Ok(self.classify_to(page, page.is(checked.url.origin()), checked.method))
    }

    pub(super) fn classify_to(&self, page: &Page, same_origin: bool, method: String) -> Classification {
        let mut reasons = Vec::new();
        if same_origin {
            reasons.push(Reason::new(Why::SameOrigin, ""));
            return Classification { kind: Kind::SameOrigin, reasons, unsafe_headers: Vec::new(), method };
        }
        let safe_method = matches!(method.as_str(), "GET" | "HEAD" | "POST");
        if !safe_method {
            reasons.push(Reason::new(Why::UnsafeMethod, &method));
            if method.bytes().any(|b| b.is_ascii_lowercase()) {
                reasons.push(Reason::new(Why::MethodCase, &method));
            }
        }
        let unsafe_headers = unsafe_headers(self.headers, &mut reasons);
        if self.streaming {
            reasons.push(Reason::new(Why::Streaming, ""));
        }
        let simple = safe_method && unsafe_headers.is_empty() && !self.streaming;
        if simple {
            reasons.push(Reason::new(Why::Unremarkable, ""));
        }
        match page {
            Page::Known(_) => {}
            Page::Opaque => reasons.push(Reason::new(Why::PageOpaque, "")),
            Page::Unknown => reasons.push(Reason::new(Why::PageUnknown, "")),
        }
        let kind = if simple { Kind::Simple } else { Kind::Preflight };
        Classification { kind, reasons, unsafe_headers, method }
    }
}

/// Spec: <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>
fn unsafe_headers(headers: Headers<'_>, reasons: &mut Vec<Reason>) -> Vec<String> {
    let (mut not_safe, mut safe, mut sum) = (Vec::new(), Vec::new(), 0);
    // Each line for itself: values are joined only on their way.
    for (name, value) in headers.iter() {
        let name = name.to_ascii_lowercase();
        if is_forbidden(&name, value) {
            reasons.push(Reason::new(Why::HeaderIgnored, &name));
        } else if let Some(reason) = why_unsafe(&name, value) {
            reasons.push(reason);
            not_safe.push(name);
        } else {
            // One character is one byte on the wire.
            sum += value.chars().count();
            safe.push(name);
        }
    }
    if sum > MAX_SUM_BYTES {
        reasons.push(Reason::new(Why::HeadersLong, ""));
        not_safe.append(&mut safe);
    }
    not_safe.sort_unstable();
    not_safe.dedup();
    not_safe
}

/// Spec: <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
fn why_unsafe(name: &str, value: &str) -> Option<Reason> {
    let long = value.chars().count() > MAX_VALUE_BYTES;
    let why = match name {
        "accept" | "accept-language" | "content-language" | "content-type" | "range" if long => {
            Why::HeaderLong
        }
        "accept" | "content-type" if value.chars().any(is_unsafe) => Why::HeaderByte,
        "accept" => return None,
        "accept-language" | "content-language" if value.chars().all(is_language) => return None,
        "accept-language" | "content-language" => Why::HeaderByte,
        "content-type" => {
            let essence = mime::essence(value);
            return match essence.as_deref() {
                Some("application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain") => None,
                _ => Some(Reason::new(Why::ContentType, value)),
            };
        }
        "range" if is_simple_range(value) => return None,
        "range" => return Some(Reason::new(Why::Range, value)),
        _ => Why::HeaderName,
    };
    Some(Reason::new(why, name))
}

/// Spec: <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte>
fn is_unsafe(c: char) -> bool {
    (c < ' ' && c != '\t') || c == '\x7f' || "\"():<>?@[\\]{}".contains(c)
}

fn is_language(c: char) -> bool {
    c.is_ascii_alphanumeric() || " *,-.;=".contains(c)
}

/// One range with a start: `bytes=N-` or `bytes=N-M`.
fn is_simple_range(value: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let Some((start, end)) = value.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return false;
    };
    let ordered = |start: &str, end: &str| {
        let (start, end) = (start.trim_start_matches('0'), end.trim_start_matches('0'));
        (start.len(), start) <= (end.len(), end)
    };
    !start.is_empty() && digits(start) && digits(end) && (end.is_empty() || ordered(start, end))
}

/// Spec: <https://fetch.spec.whatwg.org/#forbidden-request-header>
fn is_forbidden(name: &str, value: &str) -> bool {
    match name {
        "accept-charset"
        | "accept-encoding"
        | "access-control-request-headers"
        | "access-control-request-method"
        | "connection"
        | "content-length"
        | "cookie"
        | "cookie2"
        | "date"
        | "dnt"
        | "expect"
        | "host"
        | "keep-alive"
        | "origin"
        | "referer"
        | "set-cookie"
        | "te"
        | "trailer"
        | "transfer-encoding"
        | "upgrade"
        | "via" => true,
        "x-http-method" | "x-http-method-override" | "x-method-override" => {
            let method = |text: &str| {
                let text = text.trim_matches([' ', '\t']);
                ["CONNECT", "TRACE", "TRACK"].iter().any(|forbidden| forbidden.eq_ignore_ascii_case(text))
            };
            value.split(',').any(method)
        }
        _ => name.starts_with("proxy-") || name.starts_with("sec-"),
    }
}
