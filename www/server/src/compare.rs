//! Two origins compared: a page can tell same origin by itself, but not same site, which takes the
//! Public Suffix List.

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use portcullis::origin::Origin;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
struct Asked {
    left: String,
    right: String,
}

/// One side of a comparison.
#[derive(Debug, Serialize)]
struct Side {
    origin: Option<String>,
    /// Absent for addresses and for public suffixes.
    registrable_domain: Option<String>,
    /// Why it is no origin.
    refused: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Comparison {
    left: Side,
    right: Side,
    same_origin: bool,
    same_site: bool,
    schemelessly_same_site: bool,
}

/// `/compare?left=&right=`, for two serialised origins.
pub fn routes() -> Router {
    Router::new().route("/compare", get(compare))
}

async fn compare(Query(asked): Query<Asked>) -> Response {
    let (left, right) = (Origin::parse(&asked.left), Origin::parse(&asked.right));
    let both = left.as_ref().ok().zip(right.as_ref().ok());
    let holds = |rule: fn(&Origin, &Origin) -> bool| both.is_some_and(|(left, right)| rule(left, right));
    Json(Comparison {
        same_origin: holds(|left, right| left == right),
        same_site: holds(Origin::is_same_site),
        schemelessly_same_site: holds(Origin::is_schemelessly_same_site),
        left: Side::new(&left),
        right: Side::new(&right),
    })
    .into_response()
}

impl Side {
    fn new(parsed: &Result<Origin, portcullis::origin::OriginError>) -> Self {
        match parsed {
            Ok(origin) => Self {
                origin: Some(origin.as_str().to_owned()),
                registrable_domain: origin.host().registrable_domain().map(str::to_owned),
                refused: None,
            },
            Err(error) => Self { origin: None, registrable_domain: None, refused: Some(error.reason()) },
        }
    }
}
