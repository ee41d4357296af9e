use alloc::string::String;
use alloc::vec::Vec;

use super::super::url::HttpUrl;
use super::{Classification, CorsCode, Credentials, InvalidRequest, Kind, Page, Reason, Request, Why};
use crate::origin::Host;

/// What came of asking once more without CORS (mode `no-cors`), where only reachability shows.
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
    pub reasons: Vec<Reason>,
}

impl Request<'_> {
    /// Tells why a `fetch` failed, as far as a page can know.
    ///
    /// # Errors
    ///
    /// What `fetch` would throw for.
    pub fn diagnose(&self, page: &Page, signs: &Symptoms) -> Result<Diagnosis, InvalidRequest> {
        let checked = self.check()?;
        let url = checked.url;
        let class = self.classify_to(page, page.is(url.origin()), checked.method);
        let https_page = matches!(page, Page::Known(origin) if origin.scheme() == "https");
        let told = |code, why, subject: &str| {
            let mut reasons = Vec::from([Reason::new(why, subject)]);
            if code == CorsCode::Network && reaches_inwards(page, &url) {
                reasons.push(Reason::new(Why::LocalNetwork, ""));
            }
            Diagnosis { code, reasons }
        };
        if signs.blocked_by_policy {
            return Ok(told(CorsCode::Network, Why::BlockedByPolicy, url.origin().as_str()));
        }
        if signs.offline {
            return Ok(told(CorsCode::Network, Why::Offline, ""));
        }
        if signs.timed_out {
            return Ok(told(CorsCode::Network, Why::TimedOut, ""));
        }
        let mixed = https_page && url.origin().scheme() == "http";
        let loopback = url.origin().host().is_loopback();
        if mixed && !loopback {
            return Ok(told(CorsCode::MixedContent, Why::MixedContent, ""));
        }
        let mut found = match (class.kind, signs.probe) {
            (Kind::SameOrigin, _) | (_, Probe::Failed) => told(CorsCode::Network, Why::Failed, ""),
            (Kind::Preflight, _) => {
                let mut found =
                    told(CorsCode::Preflight, Why::PreflightNeeds, &self.preflight_fix(&class, page));
                found.reasons.extend(class.reasons);
                found
            }
            (Kind::Simple, Probe::Answered) if self.credentials == Credentials::Include => {
                told(CorsCode::Credentials, Why::Refused, &self.fix(page))
            }
            (Kind::Simple, Probe::Answered) => told(CorsCode::Origin, Why::Refused, &self.fix(page)),
            (Kind::Simple, Probe::NotMade) => told(CorsCode::Network, Why::NoProbe, ""),
        };
        if signs.redirect_error {
            found.reasons.push(Reason::new(Why::RedirectRefused, ""));
        }
        if mixed && signs.probe != Probe::Answered {
            found.reasons.push(Reason::new(Why::MixedLoopback, ""));
        }
        Ok(found)
    }

    fn fix(&self, page: &Page) -> String {
        let credentials = match self.credentials {
            Credentials::Include => " and Access-Control-Allow-Credentials: true",
            Credentials::Omit | Credentials::SameOrigin => "",
        };
        ["Access-Control-Allow-Origin: ", page.text(), credentials].concat()
    }

    fn preflight_fix(&self, class: &Classification, page: &Page) -> String {
        let mut fix = self.fix(page);
        for part in [", Access-Control-Allow-Methods: ", &class.method] {
            fix.push_str(part);
        }
        for (at, name) in class.unsafe_headers.iter().enumerate() {
            fix.push_str(if at == 0 { ", Access-Control-Allow-Headers: " } else { ", " });
            fix.push_str(name);
        }
        fix
    }
}

/// A public page that asks the machine or the network of its user.
fn reaches_inwards(page: &Page, url: &HttpUrl<'_>) -> bool {
    let inward = |host: Host<'_>| {
        let text = host.as_str();
        host.is_loopback()
            || (!host.is_name()
                && ["10.", "192.168.", "169.254.", "[fd", "[fe8"].iter().any(|net| text.starts_with(net)))
    };
    let page_inward = matches!(page, Page::Known(origin) if inward(origin.host()));
    !page_inward && inward(url.origin().host())
}
