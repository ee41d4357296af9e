use alloc::string::String;
use alloc::vec::Vec;

use super::super::url::HttpUrl;
use super::reason::push;
use super::{Classification, CorsCode, Credentials, InvalidRequest, Kind, Page, Reason, Request, Why};
use crate::origin::Host;
use crate::text::pieces;

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
        let origin = url.origin_str();
        let mixed = page.is_https() && url.scheme() == "http";
        let loopback = url.host().is_loopback();
        let class = self.classify_to(page, page.is(origin), checked.method);
        let (code, why) = if signs.blocked_by_policy {
            (CorsCode::Network, Why::BlockedByPolicy)
        } else if signs.offline {
            (CorsCode::Network, Why::Offline)
        } else if signs.timed_out {
            (CorsCode::Network, Why::TimedOut)
        } else if mixed && !loopback {
            (CorsCode::MixedContent, Why::MixedContent)
        } else if class.kind == Kind::SameOrigin || signs.probe == Probe::Failed {
            (CorsCode::Network, Why::Failed)
        } else if class.kind == Kind::Preflight {
            (CorsCode::Preflight, Why::PreflightNeeds)
        } else if signs.probe == Probe::NotMade {
            (CorsCode::Network, Why::NoProbe)
        } else if self.credentials == Credentials::Include {
            (CorsCode::Credentials, Why::Refused)
        } else {
            (CorsCode::Origin, Why::Refused)
        };
        let mut reasons = Vec::new();
        let fix = match why {
            Why::BlockedByPolicy => String::from(origin),
            Why::Refused | Why::PreflightNeeds => self.fix(&class, page),
            _ => String::new(),
        };
        push(&mut reasons, why, &fix);
        if code == CorsCode::Network && reaches_inwards(page, &url) {
            push(&mut reasons, Why::LocalNetwork, "");
        }
        let looked_into =
            !matches!(why, Why::BlockedByPolicy | Why::Offline | Why::TimedOut | Why::MixedContent);
        if why == Why::PreflightNeeds {
            reasons.extend(class.reasons);
        }
        if looked_into && signs.redirect_error {
            push(&mut reasons, Why::RedirectRefused, "");
        }
        if looked_into && mixed && signs.probe != Probe::Answered {
            push(&mut reasons, Why::MixedLoopback, "");
        }
        Ok(Diagnosis { code, reasons })
    }

    /// The headers to answer with.
    fn fix(&self, class: &Classification<'_>, page: &Page) -> String {
        let mut fix = String::from("Access-Control-Allow-Origin: ");
        fix.push_str(page.text());
        if self.credentials == Credentials::Include {
            fix.push_str(", Access-Control-Allow-Credentials: true");
        }
        if class.kind == Kind::Preflight {
            fix.push_str(", Access-Control-Allow-Methods: ");
            fix.push_str(class.method);
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
    let page_inward = matches!(page, Page::Known(origin) if is_inward(origin.host()));
    !page_inward && is_inward(url.host())
}

fn is_inward(host: Host<'_>) -> bool {
    let nets = || pieces("10. 192.168. 169.254. [fd [fe8", b' ').any(|net| host.as_str().starts_with(net));
    host.is_loopback() || (!host.is_name() && nets())
}
