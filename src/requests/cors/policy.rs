use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::classify::is_safe_method;
use super::headers::{elements, is_list};
use crate::origin::{AllowList, Origin};

/// A server's policy: which pages may ask what.
///
/// It never reflects `null`, never sends `*` together with credentials, and says `Vary: Origin` with
/// every answer, so no cache can hand one page's answer to another.
#[derive(Clone, Debug)]
#[must_use]
pub struct CorsPolicy {
    origins: AllowList,
    methods: Vec<String>,
    request_headers: Vec<String>,
    exposed_headers: Vec<String>,
    credentials: bool,
    max_age: Option<u32>,
}

/// What a request says about itself.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers fill it in; a new rule is a new field they must know of"
)]
pub struct Asked<'a> {
    /// The value of `Origin`.
    pub origin: Option<&'a str>,
    /// The method.
    pub method: &'a str,
    /// The value of `Access-Control-Request-Method`.
    pub request_method: Option<&'a str>,
    /// The value of `Access-Control-Request-Headers`.
    pub request_headers: Option<&'a str>,
}

/// What a policy says to a request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Decision {
    /// The page may read the answer.
    Allowed,
    /// A header that the policy does not list.
    HeaderNotAllowed,
    /// A method that the policy does not list.
    MethodNotAllowed,
    /// No page of another origin asks: CORS does not apply.
    NotCors,
    /// A page with an opaque origin.
    NullOrigin,
    /// A page that is not on the list, or an `Origin` that is none.
    OriginNotAllowed,
    /// The page may send the request that it asks about.
    PreflightAllowed,
}

/// The headers to send, and the decision behind them.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CorsAnswer {
    /// What was decided.
    pub decision: Decision,
    /// The request is a preflight: answer it with status 204 if allowed, else 403, and nothing else.
    pub preflight: bool,
    /// Names and values to set. `Vary` is to be added to what the answer already has.
    pub headers: Vec<(&'static str, String)>,
}

impl CorsAnswer {
    /// Whether the page may go on. A refused simple request may still be answered: the page cannot
    /// read the answer.
    #[must_use]
    pub const fn allowed(&self) -> bool {
        matches!(self.decision, Decision::Allowed | Decision::NotCors | Decision::PreflightAllowed)
    }
}

impl CorsPolicy {
    /// A policy for these origins: GET, HEAD and POST, no headers beyond the safelisted, no credentials.
    pub const fn new(origins: AllowList) -> Self {
        Self {
            origins,
            methods: Vec::new(),
            request_headers: Vec::new(),
            exposed_headers: Vec::new(),
            credentials: false,
            max_age: None,
        }
    }

    /// Methods beside GET, HEAD and POST. They are compared by case.
    pub fn methods(mut self, methods: &[&str]) -> Self {
        self.methods = methods.iter().map(ToString::to_string).collect();
        self
    }

    /// Headers that a page may set. `*` is no wildcard here: it never covers `Authorization`.
    pub fn request_headers(mut self, names: &[&str]) -> Self {
        self.request_headers = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        self
    }

    /// Headers of the answer that a page may read.
    pub fn exposed_headers(mut self, names: &[&str]) -> Self {
        self.exposed_headers = names.iter().map(ToString::to_string).collect();
        self
    }

    /// Whether cookies count. Ignored for a policy that allows any origin.
    pub const fn credentials(mut self, allowed: bool) -> Self {
        self.credentials = allowed;
        self
    }

    /// For how many seconds a browser may remember a preflight.
    pub const fn max_age(mut self, seconds: u32) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Decides about one request.
    #[must_use]
    pub fn answer(&self, asked: &Asked<'_>) -> CorsAnswer {
        let preflight = asked.method == "OPTIONS" && asked.origin.is_some() && asked.request_method.is_some();
        let vary = if preflight {
            "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        } else {
            "Origin"
        };
        let mut headers = Vec::from([("vary", String::from(vary))]);
        let decision = match asked.origin {
            None => Decision::NotCors,
            Some("null") => Decision::NullOrigin,
            Some(text) => match Origin::parse(text) {
                Ok(origin) if self.origins.allows(&origin) => self.decide(asked, preflight),
                _ => Decision::OriginNotAllowed,
            },
        };
        if matches!(decision, Decision::Allowed | Decision::PreflightAllowed) {
            let any = self.origins.allows_any();
            let origin = if any { "*" } else { asked.origin.unwrap_or_default() };
            headers.push(("access-control-allow-origin", String::from(origin)));
            if self.credentials && !any {
                headers.push(("access-control-allow-credentials", String::from("true")));
            }
            if preflight {
                self.push_preflight(&mut headers);
            } else if !self.exposed_headers.is_empty() {
                headers.push(("access-control-expose-headers", self.exposed_headers.join(", ")));
            }
        }
        CorsAnswer { decision, preflight, headers }
    }

    fn decide(&self, asked: &Asked<'_>, preflight: bool) -> Decision {
        let method = asked.request_method.filter(|_| preflight).unwrap_or(asked.method);
        // OPTIONS without a request method is a plain request, which no page sends unasked.
        if !is_safe_method(method) && !self.methods.iter().any(|listed| listed == method) {
            return Decision::MethodNotAllowed;
        }
        if !preflight {
            return Decision::Allowed;
        }
        let names = asked.request_headers.unwrap_or("");
        let allowed =
            |name: &str| self.request_headers.iter().any(|listed| listed.eq_ignore_ascii_case(name));
        if is_list(names) && elements(names).all(allowed) {
            Decision::PreflightAllowed
        } else {
            Decision::HeaderNotAllowed
        }
    }

    fn push_preflight(&self, headers: &mut Vec<(&'static str, String)>) {
        let mut methods = Vec::from(["GET", "HEAD", "POST"]);
        methods.extend(self.methods.iter().map(String::as_str).filter(|&method| !is_safe_method(method)));
        headers.push(("access-control-allow-methods", methods.join(", ")));
        if !self.request_headers.is_empty() {
            headers.push(("access-control-allow-headers", self.request_headers.join(", ")));
        }
        if let Some(seconds) = self.max_age {
            headers.push(("access-control-max-age", seconds.to_string()));
        }
    }
}
