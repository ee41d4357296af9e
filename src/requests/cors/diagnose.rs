use alloc::string::String;

use super::super::url::{HttpUrl, cut_origin};
use super::reason::say;
use super::{Classification, CorsCode, Credentials, InvalidRequest, Kind, Page, Reasons, Request, Why};
use crate::origin::Host;
use crate::text::{add, pieces};

/// What came of asking once more: without CORS (mode `no-cors`), where only reachability shows, and with CORS
/// but without following a redirect, where a redirect shows that the page may see.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Probe {
    /// Something answered.
    Answered,
    /// Nothing did.
    Failed,
    /// It was not made: the method is not safe, or nobody asked for it.
    #[default]
    NotMade,
    /// A redirect, which the page's origin may follow.
    Redirected,
}

/// What a page sees of a `fetch` that failed: browsers tell it no cause.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers fill it in; a new sign is a new field they must know of"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a sign of its own, in any combination")]
pub struct Symptoms {
    /// The second request.
    pub probe: Probe,
    /// The time was up.
    pub timed_out: bool,
    /// The request had `redirect: "error"`.
    pub redirect_error: bool,
    /// `navigator.onLine` is false.
    pub offline: bool,
    /// The page's Content-Security-Policy reported the address.
    pub blocked_by_policy: bool,
}

/// The likeliest cause, and what to set where.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// What stopped the request.
    pub code: CorsCode,
    /// Why: at least one, the main one first.
    pub reasons: Reasons,
}

impl Request<'_> {
    /// Tells why a `fetch` failed, as far as a page can know.
    ///
    /// # Errors
    ///
    /// What `fetch` would throw for.
    pub fn diagnose(&self, page: Page<'_>, signs: &Symptoms) -> Result<Diagnosis, InvalidRequest> {
        let class = self.classify(page)?;
        self.diagnose_class(page, *signs, &class)
    }

    /// [`Request::diagnose`] for headers that the platform's own `Headers` has written.
    #[cfg(all(feature = "js", not(feature = "rules")))]
    pub(crate) fn diagnose_known(
        &self,
        page: Page<'_>,
        signs: Symptoms,
    ) -> Result<Diagnosis, InvalidRequest> {
        let class = self.classify_known(page)?;
        self.diagnose_class(page, signs, &class)
    }

    fn diagnose_class(
        &self,
        page: Page<'_>,
        signs: Symptoms,
        class: &Classification<'_>,
    ) -> Result<Diagnosis, InvalidRequest> {
        let url = HttpUrl::parse(self.url).map_err(InvalidRequest::BadUrl)?;
        let origin = url.origin_str();
        let mixed = page.is_https() && url.scheme() == "http";
        let loopback = url.host().is_loopback();
        let page_inward = cut_origin(page.0).is_ok_and(|(host, ..)| is_inward(host));
        let (code, said) = if signs.blocked_by_policy {
            (CorsCode::Network, say(Why::BlockedByPolicy))
        } else if signs.offline {
            (CorsCode::Network, say(Why::Offline))
        } else if signs.timed_out {
            (CorsCode::Network, say(Why::TimedOut))
        } else if mixed && !loopback {
            (CorsCode::MixedContent, say(Why::MixedContent))
        } else if signs.probe == Probe::Redirected {
            (CorsCode::Redirect, say(Why::Redirected))
        } else if class.kind == Kind::SameOrigin || signs.probe == Probe::Failed {
            (CorsCode::Network, say(Why::Failed))
        } else if class.kind == Kind::Preflight {
            (CorsCode::Preflight, say(Why::PreflightNeeds))
        } else if signs.probe == Probe::NotMade {
            (CorsCode::Network, say(Why::NoProbe))
        } else if self.credentials == Credentials::Include {
            (CorsCode::Credentials, say(Why::Refused))
        } else {
            (CorsCode::Origin, say(Why::Refused))
        };
        let mut reasons = Reasons::default();
        let why = said.why;
        let fix = match why {
            Why::BlockedByPolicy => String::from(origin),
            Why::Refused | Why::PreflightNeeds => self.fix(class, page),
            _ => String::new(),
        };
        reasons.push(said, &fix);
        if code == CorsCode::Network && !page_inward && is_inward(url.host()) {
            reasons.push(say(Why::LocalNetwork), "");
        }
        let looked_into = !matches!(
            why,
            Why::BlockedByPolicy | Why::Offline | Why::TimedOut | Why::MixedContent | Why::Redirected
        );
        if why == Why::PreflightNeeds {
            reasons.append(&class.reasons);
        }
        if looked_into && signs.redirect_error {
            reasons.push(say(Why::RedirectRefused), "");
        }
        if looked_into && mixed && signs.probe != Probe::Answered {
            reasons.push(say(Why::MixedLoopback), "");
        }
        Ok(Diagnosis { code, reasons })
    }

    /// The headers to answer with.
    fn fix(&self, class: &Classification<'_>, page: Page<'_>) -> String {
        let (method, headers) = (class.method, class.unsafe_headers.as_str());
        let preflight = class.kind == Kind::Preflight;
        let mut fix = String::new();
        for (said, what, value) in [
            (true, "Access-Control-Allow-Origin: ", page.text()),
            (self.credentials == Credentials::Include, ", Access-Control-Allow-Credentials: ", "true"),
            (preflight, ", Access-Control-Allow-Methods: ", method),
            (!headers.is_empty(), ", Access-Control-Allow-Headers: ", headers),
        ] {
            if said {
                add(&mut fix, what);
                add(&mut fix, value);
            }
        }
        fix
    }
}

/// Whether a host is the machine or in the network of its user.
fn is_inward(host: Host<'_>) -> bool {
    let nets = || pieces("10. 192.168. 169.254. [fd [fe8", b' ').any(|net| host.as_str().starts_with(net));
    host.is_loopback() || (!host.is_name() && nets())
}
