//! Two pages' origins compared: a page can tell same origin by itself, but not same origin-domain, which
//! depends on what both set as `document.domain`, and not same site, which takes the Public Suffix List.

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use portcullis::origin::{Host, Origin, OriginError};
use portcullis::requests::document_domain::{DomainError, may_relax, same_origin_domain};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
struct Asked {
    left: String,
    right: String,
    /// What the left page set as its `document.domain`; nothing is the same as an empty text.
    left_domain: Option<String>,
    right_domain: Option<String>,
}

/// One side of a comparison.
#[derive(Debug, Serialize)]
struct Side {
    origin: Option<String>,
    /// Absent for addresses and for public suffixes.
    registrable_domain: Option<String>,
    /// Why it is no origin.
    refused: Option<&'static str>,
    /// Why the page cannot set the domain, so that it has set none.
    domain_refused: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a relation of its own in the standards")]
struct Comparison {
    left: Side,
    right: Side,
    same_origin: bool,
    /// Whether the pages may script each other.
    same_origin_domain: bool,
    same_site: bool,
    schemelessly_same_site: bool,
}

/// `/compare?left=&right=`, for two serialised origins; `left_domain=` and `right_domain=` for pages that
/// set a `document.domain`.
pub fn routes() -> Router {
    Router::new().route("/compare", get(compare))
}

async fn compare(Query(asked): Query<Asked>) -> Response {
    let left = Page::new(&asked.left, asked.left_domain.as_deref());
    let right = Page::new(&asked.right, asked.right_domain.as_deref());
    let both = left.origin.as_ref().ok().zip(right.origin.as_ref().ok());
    let holds = |rule: fn(&Origin, &Origin) -> bool| both.is_some_and(|(left, right)| rule(left, right));
    Json(Comparison {
        same_origin: holds(|left, right| left == right),
        same_origin_domain: both
            .is_some_and(|(one, other)| same_origin_domain((one, left.domain()), (other, right.domain()))),
        same_site: holds(Origin::is_same_site),
        schemelessly_same_site: holds(Origin::is_schemelessly_same_site),
        left: left.told(),
        right: right.told(),
    })
    .into_response()
}

/// A page as it was asked about.
struct Page<'a> {
    origin: Result<Origin, OriginError>,
    /// The domain that it set, if it may.
    wanted: Option<Result<&'a str, DomainError>>,
}

impl<'a> Page<'a> {
    fn new(origin: &str, domain: Option<&'a str>) -> Self {
        let origin = Origin::parse(origin);
        let judged = |domain: &'a str| {
            let host = match &origin {
                Ok(origin) => origin.host(),
                Err(OriginError::Opaque) => return Some(Err(DomainError::Opaque)),
                // What is wrong with the origin is told of the origin.
                Err(_) => return None,
            };
            if let Err(refusal) = may_relax(host.as_str(), domain) {
                return Some(Err(refusal));
            }
            // The rule knows suffixes of one label only; a browser knows the list, and so does this server.
            Some(match Host::parse(domain).map(Host::registrable_domain) {
                Ok(None) if host.as_str() != domain => Err(DomainError::PublicSuffix),
                _ => Ok(domain),
            })
        };
        let wanted = domain.filter(|domain| !domain.is_empty()).and_then(judged);
        Self { origin, wanted }
    }

    fn domain(&self) -> Option<&'a str> {
        self.wanted?.ok()
    }

    fn told(&self) -> Side {
        let origin = self.origin.as_ref();
        Side {
            origin: origin.ok().map(|origin| origin.as_str().to_owned()),
            registrable_domain: origin
                .ok()
                .and_then(|origin| origin.host().registrable_domain())
                .map(str::to_owned),
            refused: origin.err().map(|error| error.reason()),
            domain_refused: self.wanted.and_then(Result::err).map(DomainError::reason),
        }
    }
}
