use alloc::string::String;
use alloc::vec::Vec;

use super::super::mime;
use super::headers::elements;
use super::reason::{Said, say};
use super::{FORBIDDEN_METHODS, Headers, InvalidRequest, Page, Reasons, Request, SAFE_METHODS, Why, word};
use crate::text::{add, chars, cut, pieces};

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
pub struct Classification<'a> {
    /// What it does.
    pub kind: Kind,
    /// Why: at least one.
    pub reasons: Reasons,
    /// The headers that a preflight names, as it names them: in lower case, sorted, with commas between.
    pub unsafe_headers: String,
    /// The method as it is sent.
    pub method: &'a str,
}

impl<'a> Request<'a> {
    /// Foresees whether the browser asks first.
    ///
    /// # Errors
    ///
    /// What `fetch` would throw for.
    pub fn classify(&self, page: Page<'_>) -> Result<Classification<'a>, InvalidRequest> {
        self.headers.check()?;
        let mut class = self.classify_known(page)?;
        class.sort_headers();
        Ok(class)
    }

    /// [`Request::classify`] for headers that the platform's own `Headers` has written: checked, sorted, each
    /// name once.
    pub(crate) fn classify_known(&self, page: Page<'_>) -> Result<Classification<'a>, InvalidRequest> {
        let checked = self.check_known()?;
        Ok(self.classify_to(page, page.0 == checked.url.origin_str(), checked.method))
    }

    pub(super) fn classify_to(
        &self,
        page: Page<'_>,
        same_origin: bool,
        method: &'a str,
    ) -> Classification<'a> {
        let mut class = Classification {
            kind: Kind::SameOrigin,
            reasons: Reasons::default(),
            unsafe_headers: String::new(),
            method,
        };
        if same_origin {
            class.reasons.push(say(Why::SameOrigin), "");
            return class;
        }
        let safe_method = is_safe_method(method);
        if !safe_method {
            class.reasons.push(say(Why::UnsafeMethod), method);
            if method.bytes().any(|b| b.is_ascii_lowercase()) {
                class.reasons.push(say(Why::MethodCase), method);
            }
        }
        class.read_headers(self.headers);
        if self.streaming {
            class.reasons.push(say(Why::Streaming), "");
        }
        class.kind = Kind::Preflight;
        if safe_method && class.unsafe_headers.is_empty() && !self.streaming {
            class.kind = Kind::Simple;
            class.reasons.push(say(Why::Unremarkable), "");
        }
        if page == Page::OPAQUE {
            class.reasons.push(say(Why::PageOpaque), "");
        }
        if page == Page::UNKNOWN {
            class.reasons.push(say(Why::PageUnknown), "");
        }
        class
    }
}

impl Classification<'_> {
    /// Spec: <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>
    fn read_headers(&mut self, headers: Headers<'_>) {
        let mut sum = 0;
        // Each line for itself: values are joined only on their way.
        for (name, value) in headers.iter() {
            let name = name.to_ascii_lowercase();
            if is_forbidden(&name, value) {
                self.reasons.push(say(Why::HeaderIgnored), &name);
            } else if let Some(said) = why_unsafe(&name, value) {
                let about_value = matches!(said.why, Why::ContentType | Why::Range);
                self.reasons.push(said, if about_value { value } else { &name });
                self.push_header(&name);
            } else {
                sum += chars(value);
            }
        }
        if sum > MAX_SUM_BYTES {
            self.reasons.push(say(Why::HeadersLong), "");
            self.unsafe_headers.clear();
            for (name, value) in headers.iter() {
                let name = name.to_ascii_lowercase();
                if !is_forbidden(&name, value) {
                    self.push_header(&name);
                }
            }
        }
    }

    fn push_header(&mut self, name: &str) {
        if !self.unsafe_headers.is_empty() {
            add(&mut self.unsafe_headers, ",");
        }
        add(&mut self.unsafe_headers, name);
    }

    pub(super) fn sort_headers(&mut self) {
        let mut names: Vec<_> = pieces(&self.unsafe_headers, b',').collect();
        names.sort_unstable();
        names.dedup();
        self.unsafe_headers = names.join(",");
    }
}

/// Whether no preflight is made for this method's sake.
pub(super) fn is_safe_method(method: &str) -> bool {
    pieces(SAFE_METHODS, b' ').any(|safe| safe == method)
}

/// Spec: <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
fn why_unsafe(name: &str, value: &str) -> Option<Said> {
    if word("accept accept-language content-language content-type range", name).is_none() {
        return Some(say(Why::HeaderName));
    }
    // One character is one byte on the wire.
    if chars(value) > MAX_VALUE_BYTES {
        return Some(say(Why::HeaderLong));
    }
    let said = match name {
        "range" if is_simple_range(value) => return None,
        "range" => say(Why::Range),
        "accept" | "content-type" if value.bytes().any(is_unsafe) => say(Why::HeaderByte),
        "accept" => return None,
        "content-type" => {
            let essence = mime::essence(value).unwrap_or_default();
            if word("application/x-www-form-urlencoded multipart/form-data text/plain", &essence).is_some() {
                return None;
            }
            say(Why::ContentType)
        }
        _ if value.bytes().all(is_language) => return None,
        _ => say(Why::HeaderByte),
    };
    Some(said)
}

/// Spec: <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte>
const fn is_unsafe(byte: u8) -> bool {
    matches!(
        byte,
        0..=8 | 10..=31 | b'"' | b'(' | b')' | b':' | b'<' | b'>' | b'?' | b'@' | b'[' | b'\\' | b']' | b'{' | b'}' | 127
    )
}

const fn is_language(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'*' | b',' | b'-' | b'.' | b';' | b'=')
}

/// One range with a start: `bytes=N-` or `bytes=N-M`.
fn is_simple_range(value: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let Some((start, end)) = value.strip_prefix("bytes=").and_then(|range| cut(range, b'-')) else {
        return false;
    };
    !start.is_empty()
        && digits(start)
        && digits(end)
        && (end.is_empty() || magnitude(start) <= magnitude(end))
}

/// What orders numbers of any length: how many digits, then which.
fn magnitude(mut digits: &str) -> (usize, &str) {
    while let Some(rest) = digits.strip_prefix('0') {
        digits = rest;
    }
    (digits.len(), digits)
}

/// Headers that only the browser sets.
const FORBIDDEN: &str = "accept-charset accept-encoding access-control-request-headers \
    access-control-request-method connection content-length cookie cookie2 date dnt expect host keep-alive \
    origin referer set-cookie te trailer transfer-encoding upgrade via";

/// Spec: <https://fetch.spec.whatwg.org/#forbidden-request-header>
fn is_forbidden(name: &str, value: &str) -> bool {
    let overrides = || word("x-http-method x-http-method-override x-method-override", name).is_some();
    word(FORBIDDEN, name).is_some()
        || name.starts_with("proxy-")
        || name.starts_with("sec-")
        || (overrides() && elements(value).any(|method| word(FORBIDDEN_METHODS, method).is_some()))
}
