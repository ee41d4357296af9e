use alloc::string::String;
use alloc::vec::Vec;

use super::super::url::HttpUrl;
use super::headers::list;
use super::{
    Classification, CorsCode, Credentials, Headers, InvalidRequest, Kind, Page, Reason, Request, Why,
};
use crate::origin::Origin;

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
    pub reasons: Vec<Reason>,
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
    pub fn explain(&self, page: &Page) -> Result<Explanation, InvalidRequest> {
        let checked = self.request.check()?;
        let last = match self.final_url {
            Some(url) => HttpUrl::parse(url).map_err(InvalidRequest::BadUrl)?,
            None => checked.url.clone(),
        };
        let (first, last) = (checked.url.origin(), last.origin());
        // Spec: <https://fetch.spec.whatwg.org/#concept-request-tainted-origin>
        let tainted = !page.is(first) && last != first;
        let same_origin = page.is(first) && page.is(last);
        let mut told = Explanation { code: None, reasons: Vec::new(), exposed: Vec::new(), max_age: None };
        let include = self.request.credentials == Credentials::Include;
        if !told.mixed_content(page, first) || (last != first && !told.mixed_content(page, last)) {
            return Ok(told);
        }
        let class = self.request.classify_to(page, same_origin, checked.method);
        let kind = class.kind;
        if kind == Kind::SameOrigin {
            told.reasons = class.reasons;
            told.exposed = self.response.headers.names();
            told.exposed.retain(|name| !is_hidden(name));
            return Ok(told);
        }
        if kind == Kind::Preflight {
            told.reasons.extend(class.reasons.iter().cloned());
            match &self.preflight {
                Some(preflight) if !told.preflight(&class, preflight, page.text(), include) => {
                    return Ok(told);
                }
                Some(_) => {}
                None => told.reasons.push(Reason::new(Why::PreflightMissing, "")),
            }
        }
        if tainted {
            told.reasons.push(Reason::new(Why::RedirectTaints, ""));
        }
        if last != first && self.request.headers.get("authorization").is_some() {
            told.reasons.push(Reason::new(Why::AuthorizationDropped, ""));
        }
        let origin = if tainted { "null" } else { page.text() };
        match check(self.response.headers, origin, include) {
            Err((code, reason)) => {
                told.reasons.push(reason);
                if *page == Page::Unknown {
                    told.reasons.push(Reason::new(Why::PageUnknown, ""));
                }
                told.code = Some(if tainted { CorsCode::Redirect } else { code });
            }
            Ok(()) => told.allow(self.response.headers, include),
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

    fn refuse(&mut self, code: CorsCode, why: Why, subject: &str) -> bool {
        self.code = Some(code);
        self.reasons.push(Reason::new(why, subject));
        false
    }

    fn mixed_content(&mut self, page: &Page, asked: &Origin) -> bool {
        let https_page = matches!(page, Page::Known(origin) if origin.scheme() == "https");
        if !https_page || asked.scheme() == "https" {
            return true;
        }
        if asked.host().is_loopback() {
            self.reasons.push(Reason::new(Why::MixedLoopback, ""));
            return true;
        }
        self.refuse(CorsCode::MixedContent, Why::MixedContent, "")
    }

    /// Spec: <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    fn preflight(
        &mut self,
        class: &Classification,
        answer: &Response<'_>,
        origin: &str,
        include: bool,
    ) -> bool {
        if let Err((_, reason)) = check(answer.headers, origin, include) {
            self.code = Some(CorsCode::Preflight);
            self.reasons.push(reason);
            return false;
        }
        if !(200..=299).contains(&answer.status) {
            return self.refuse(CorsCode::Preflight, Why::PreflightStatus, "");
        }
        let methods = answer.headers.get("access-control-allow-methods");
        let Some(methods) = list(methods.as_deref().unwrap_or("")) else {
            return self.refuse(CorsCode::Preflight, Why::ListMalformed, "Access-Control-Allow-Methods");
        };
        let headers = answer.headers.get("access-control-allow-headers");
        let Some(headers) = list(headers.as_deref().unwrap_or("")) else {
            return self.refuse(CorsCode::Preflight, Why::ListMalformed, "Access-Control-Allow-Headers");
        };
        let method = class.method.as_str();
        let safe = matches!(method, "GET" | "HEAD" | "POST");
        if !safe && !methods.contains(&method) && (include || !methods.contains(&"*")) {
            return self.refuse(CorsCode::Preflight, Why::MethodNotAllowed, method);
        }
        for name in &class.unsafe_headers {
            if headers.iter().any(|listed| listed.eq_ignore_ascii_case(name)) {
                continue;
            }
            let wildcard = !include && headers.contains(&"*");
            if wildcard && name == "authorization" {
                return self.refuse(CorsCode::Preflight, Why::AuthorizationByWildcard, "");
            }
            if !wildcard {
                return self.refuse(CorsCode::Preflight, Why::HeaderNotAllowed, name);
            }
        }
        self.reasons.push(Reason::new(Why::PreflightAllowed, ""));
        self.read_max_age(answer.headers);
        true
    }

    fn read_max_age(&mut self, headers: Headers<'_>) {
        let text = headers.get("access-control-max-age");
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        self.max_age = Some(match text.as_deref() {
            None => DEFAULT_MAX_AGE,
            // A number too large to hold is only large.
            Some(text) if digits(text) => text.parse().unwrap_or(u32::MAX),
            Some(text) => {
                self.reasons.push(Reason::new(Why::MaxAgeMalformed, text));
                DEFAULT_MAX_AGE
            }
        });
        if self.max_age > Some(SMALLEST_CAP) {
            self.reasons.push(Reason::new(Why::MaxAgeCapped, text.as_deref().unwrap_or("")));
        }
    }

    fn allow(&mut self, headers: Headers<'_>, include: bool) {
        self.reasons.push(Reason::new(Why::Allowed, ""));
        match headers.get("access-control-allow-origin").as_deref() {
            Some("*") => {}
            allowed => {
                if allowed == Some("null") {
                    self.reasons.push(Reason::new(Why::AllowOriginNull, ""));
                }
                let vary = headers.get("vary").unwrap_or_default();
                let names = list(&vary).unwrap_or_default();
                if !names.iter().any(|name| name.eq_ignore_ascii_case("origin") || *name == "*") {
                    self.reasons.push(Reason::new(Why::VaryMissing, ""));
                }
            }
        }
        let listed = headers.get("access-control-expose-headers").unwrap_or_default();
        let listed = list(&listed).unwrap_or_default();
        let all = listed.contains(&"*") && !include;
        if listed.contains(&"*") && include {
            self.reasons.push(Reason::new(Why::ExposeWildcard, ""));
        }
        self.exposed = headers.names();
        self.exposed.retain(|name| {
            let named = listed.iter().any(|listed| listed.eq_ignore_ascii_case(name));
            !is_hidden(name) && (all || named || is_safelisted(name))
        });
    }
}

/// Spec: <https://fetch.spec.whatwg.org/#concept-cors-check>
fn check(headers: Headers<'_>, origin: &str, include: bool) -> Result<(), (CorsCode, Reason)> {
    let refuse = |why, subject: &str| Err((CorsCode::Origin, Reason::new(why, subject)));
    let Some(allowed) = headers.get("access-control-allow-origin") else {
        return refuse(Why::AllowOriginMissing, origin);
    };
    if allowed == "*" {
        if !include {
            return Ok(());
        }
        return Err((CorsCode::Credentials, Reason::new(Why::AllowOriginWildcard, origin)));
    }
    if allowed != origin {
        return if allowed.contains([',', ' ']) {
            refuse(Why::AllowOriginList, &allowed)
        } else if allowed.strip_suffix('/') == Some(origin) {
            refuse(Why::AllowOriginSlash, origin)
        } else if allowed.eq_ignore_ascii_case(origin) {
            refuse(Why::AllowOriginCase, origin)
        } else {
            refuse(Why::AllowOriginOther, &allowed)
        };
    }
    if include && headers.get("access-control-allow-credentials").as_deref() != Some("true") {
        return Err((CorsCode::Credentials, Reason::new(Why::AllowCredentialsMissing, "")));
    }
    Ok(())
}

/// Spec: <https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>
fn is_safelisted(name: &str) -> bool {
    matches!(
        name,
        "cache-control"
            | "content-language"
            | "content-length"
            | "content-type"
            | "expires"
            | "last-modified"
            | "pragma"
    )
}

fn is_hidden(name: &str) -> bool {
    matches!(name, "set-cookie" | "set-cookie2")
}
