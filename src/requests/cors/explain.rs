use alloc::string::String;
use alloc::vec::Vec;

use super::super::url::HttpUrl;
use super::classify::is_safe_method;
use super::headers::{Joined, elements, is_list, lists};
use super::reason::{Said, say};
use super::{
    Classification, CorsCode, Credentials, Headers, InvalidRequest, Kind, Page, Reasons, Request, Why, word,
};

/// Seconds for which a preflight counts when its answer says nothing.
const DEFAULT_MAX_AGE: u32 = 5;
/// The smallest cap any engine puts on it.
const SMALLEST_CAP: u32 = 600;

/// What a server answered.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "callers fill it in")]
pub struct Response<'a> {
    /// The status.
    pub status: u16,
    /// All its headers.
    pub headers: Headers<'a>,
}

/// A request and its answers.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers fill it in; a new rule is a new field they must know of"
)]
pub struct Exchange<'a> {
    /// What the page asks.
    pub request: Request<'a>,
    /// The answer to the request.
    pub response: Response<'a>,
    /// The answer to the OPTIONS request before it, where one is at hand.
    pub preflight: Option<Response<'a>>,
    /// The canonical address that answered, where redirects led elsewhere.
    pub final_url: Option<&'a str>,
}

/// The standard's decision, with each reason.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// `None` when the page may read the answer, else what stops it.
    pub code: Option<CorsCode>,
    /// Why: at least one.
    pub reasons: Reasons,
    /// The headers of the answer that the page may read, in lower case and sorted.
    pub exposed: Vec<String>,
    /// For how many seconds the preflight's answer counts, if there was one.
    pub max_age: Option<u32>,
}

impl Exchange<'_> {
    /// Decides as the Fetch standard does; where engines differ, a reason says so.
    ///
    /// # Errors
    ///
    /// What `fetch` would throw for.
    pub fn explain(&self, page: Page<'_>) -> Result<Explanation, InvalidRequest> {
        let checked = self.request.check()?;
        let last = match self.final_url {
            Some(url) => HttpUrl::parse(url).map_err(InvalidRequest::BadUrl)?,
            None => checked.url.clone(),
        };
        let first = checked.url;
        let (from, to) = (first.origin_str(), last.origin_str());
        let hop = from != to;
        // Spec: <https://fetch.spec.whatwg.org/#concept-request-tainted-origin>
        let tainted = hop && page.0 != from;
        let include = self.request.credentials == Credentials::Include;
        let mut told =
            Explanation { code: None, reasons: Reasons::default(), exposed: Vec::new(), max_age: None };
        if !told.mixed_content(page, &first) || (hop && !told.mixed_content(page, &last)) {
            return Ok(told);
        }
        let answer = Joined::of(self.response.headers);
        let mut class = self.request.classify_to(page, !hop && page.0 == from, checked.method);
        class.sort_headers();
        if class.kind == Kind::SameOrigin {
            told.reasons = class.reasons;
            told.expose(answer, |_| true);
            return Ok(told);
        }
        if class.kind == Kind::Preflight {
            told.reasons.append(&class.reasons);
            match &self.preflight {
                Some(preflight) => {
                    if !told.preflight(&class, preflight, page.text(), include) {
                        return Ok(told);
                    }
                }
                None => told.reasons.push(say(Why::PreflightMissing), ""),
            }
        }
        if tainted {
            told.reasons.push(say(Why::RedirectTaints), "");
        }
        if hop && self.request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
            told.reasons.push(say(Why::AuthorizationDropped), "");
        }
        if told.check(&answer, if tainted { "null" } else { page.text() }, include) {
            told.allow(answer, include);
        } else {
            if tainted {
                told.code = Some(CorsCode::Redirect);
            }
            if page == Page::UNKNOWN {
                told.reasons.push(say(Why::PageUnknown), "");
            }
        }
        Ok(told)
    }
}

impl Explanation {
    /// Whether the page may read the answer.
    #[must_use]
    pub const fn allowed(&self) -> bool {
        self.code.is_none()
    }

    fn refuse(&mut self, code: CorsCode, said: Said, subject: &str) -> bool {
        self.code = Some(code);
        self.reasons.push(said, subject);
        false
    }

    fn mixed_content(&mut self, page: Page<'_>, asked: &HttpUrl<'_>) -> bool {
        if !page.is_https() || asked.scheme() == "https" {
            return true;
        }
        if asked.host().is_loopback() {
            self.reasons.push(say(Why::MixedLoopback), "");
            return true;
        }
        self.refuse(CorsCode::MixedContent, say(Why::MixedContent), "")
    }

    /// Spec: <https://fetch.spec.whatwg.org/#concept-cors-check>
    fn check(&mut self, answer: &Joined, origin: &str, include: bool) -> bool {
        let Some(allowed) = answer.get("access-control-allow-origin") else {
            return self.refuse(CorsCode::Origin, say(Why::AllowOriginMissing), origin);
        };
        if allowed == "*" {
            return !include || self.refuse(CorsCode::Credentials, say(Why::AllowOriginWildcard), origin);
        }
        if allowed == origin {
            return !include
                || answer.get("access-control-allow-credentials") == Some("true")
                || self.refuse(CorsCode::Credentials, say(Why::AllowCredentialsMissing), "");
        }
        let (said, subject) = if allowed.bytes().any(|b| matches!(b, b',' | b' ')) {
            (say(Why::AllowOriginList), allowed)
        } else if allowed.strip_suffix('/') == Some(origin) {
            (say(Why::AllowOriginSlash), origin)
        } else if allowed.eq_ignore_ascii_case(origin) {
            (say(Why::AllowOriginCase), origin)
        } else {
            (say(Why::AllowOriginOther), allowed)
        };
        self.refuse(CorsCode::Origin, said, subject)
    }

    /// Spec: <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    fn preflight(
        &mut self,
        class: &Classification<'_>,
        answer: &Response<'_>,
        origin: &str,
        include: bool,
    ) -> bool {
        let headers = Joined::of(answer.headers);
        let passed = self.check(&headers, origin, include)
            && self.preflight_lists(class, answer.status, &headers, include);
        if passed {
            self.reasons.push(say(Why::PreflightAllowed), "");
            self.read_max_age(&headers);
        } else {
            self.code = Some(CorsCode::Preflight);
        }
        passed
    }

    fn preflight_lists(
        &mut self,
        class: &Classification<'_>,
        status: u16,
        answer: &Joined,
        include: bool,
    ) -> bool {
        let code = CorsCode::Preflight;
        if !(200..=299).contains(&status) {
            return self.refuse(code, say(Why::PreflightStatus), "");
        }
        let methods = answer.text("access-control-allow-methods");
        let headers = answer.text("access-control-allow-headers");
        for (name, list) in [("Methods", methods), ("Headers", headers)] {
            if !is_list(list) {
                return self.refuse(code, say(Why::ListMalformed), name);
            }
        }
        let method = class.method;
        let listed = |list: &str, wanted: &str| elements(list).any(|element| element == wanted);
        let wildcard = |list: &str| !include && listed(list, "*");
        if !is_safe_method(method) && !listed(methods, method) && !wildcard(methods) {
            return self.refuse(code, say(Why::MethodNotAllowed), method);
        }
        for name in elements(&class.unsafe_headers) {
            let authorization = name == "authorization";
            if lists(headers, name) || (wildcard(headers) && !authorization) {
                continue;
            }
            return if wildcard(headers) {
                self.refuse(code, say(Why::AuthorizationByWildcard), "")
            } else {
                self.refuse(code, say(Why::HeaderNotAllowed), name)
            };
        }
        true
    }

    fn read_max_age(&mut self, answer: &Joined) {
        let text = answer.get("access-control-max-age");
        let mut seconds = Some(DEFAULT_MAX_AGE);
        if let Some(text) = text {
            // A number too large to hold is only large.
            seconds = text.bytes().try_fold(0_u32, |sum, b| {
                let digit = b.checked_sub(b'0').filter(|&digit| digit < 10)?;
                Some(sum.saturating_mul(10).saturating_add(u32::from(digit)))
            });
            if seconds.is_none() || text.is_empty() {
                seconds = Some(DEFAULT_MAX_AGE);
                self.reasons.push(say(Why::MaxAgeMalformed), text);
            }
        }
        self.max_age = seconds;
        if seconds > Some(SMALLEST_CAP) {
            self.reasons.push(say(Why::MaxAgeCapped), text.unwrap_or(""));
        }
    }

    fn allow(&mut self, answer: Joined, include: bool) {
        self.reasons.push(say(Why::Allowed), "");
        let allowed = answer.text("access-control-allow-origin");
        if allowed == "null" {
            self.reasons.push(say(Why::AllowOriginNull), "");
        }
        let vary = answer.text("vary");
        if allowed != "*" && !lists(vary, "origin") && !lists(vary, "*") {
            self.reasons.push(say(Why::VaryMissing), "");
        }
        let listed = String::from(answer.text("access-control-expose-headers"));
        let wildcard = lists(&listed, "*");
        if wildcard && include {
            self.reasons.push(say(Why::ExposeWildcard), "");
        }
        self.expose(answer, |name| {
            wildcard && !include || lists(&listed, name) || word(SAFELISTED, name).is_some()
        });
    }

    fn expose(&mut self, answer: Joined, readable: impl Fn(&str) -> bool) {
        for name in answer.into_names() {
            if word("set-cookie set-cookie2", &name).is_none() && readable(&name) {
                self.exposed.push(name);
            }
        }
    }
}

/// Spec: <https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>
const SAFELISTED: &str =
    "cache-control content-language content-length content-type expires last-modified pragma";
