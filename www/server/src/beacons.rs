//! Where beacons land, and the log that is the only proof of their delivery.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use portcullis::requests::beacon::{self, Arrival, MAX_BODY_BYTES, Payload};
use portcullis::requests::cors::CorsPolicy;
use serde::Serialize;

use crate::cors;
use crate::ledger::{Ledger, Waited};

/// How much of a text the log shows; its length is always told.
const MAX_SHOWN_CHARS: usize = 2_000;

/// A beacon that arrived.
#[derive(Clone, Debug, Serialize)]
struct Landed {
    #[serde(skip)]
    key: String,
    method: String,
    content_type: Option<String>,
    origin: Option<String>,
    referer: Option<String>,
    /// Size of the body, in bytes.
    body_bytes: usize,
    #[serde(flatten)]
    said: Said,
}

/// What a beacon said.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Fields(Vec<(String, String)>),
    /// It came, and that is all.
    Nothing,
    Refused(&'static str),
    Text(String),
}

type Beacons = Arc<Ledger<Landed>>;

#[derive(Debug, Serialize)]
struct Log {
    beacons: Vec<Landed>,
}

/// `/beacon/{key}` takes beacons of every kind; `/beacon/{key}/log` reads or forgets them.
///
/// The policy is for those that are no simple request: JSON sent across origins.
pub fn routes(policy: Arc<CorsPolicy>) -> Router {
    Router::new()
        .route("/beacon/{key}", get(land).post(land).layer(from_fn_with_state(policy, cors::advise)))
        .route("/beacon/{key}/log", get(log).delete(forget))
        // One byte more than the rule takes, so that the rule is what refuses.
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES + 1))
        .with_state(Beacons::default())
}

async fn land(
    State(beacons): State<Beacons>,
    Path(key): Path<String>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name| Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned());
    let content_type: Option<String> = text(header::CONTENT_TYPE);
    let arrival = Arrival {
        method: method.as_str(),
        query: query.as_deref(),
        content_type: content_type.as_deref(),
        body: &body,
    };
    let (status, said) = match beacon::decode(&arrival) {
        Ok(payload) => (StatusCode::NO_CONTENT, Said::from(payload)),
        Err(error) => (StatusCode::BAD_REQUEST, Said::Refused(error.reason())),
    };
    beacons.push(Landed {
        key,
        method: method.to_string(),
        origin: text(header::ORIGIN),
        referer: text(header::REFERER),
        content_type,
        body_bytes: body.len(),
        said,
    });
    (status, [(header::CACHE_CONTROL, "no-store")]).into_response()
}

async fn log(
    State(beacons): State<Beacons>,
    Path(key): Path<String>,
    Query(waited): Query<Waited>,
) -> impl IntoResponse {
    let landed = beacons.wait_for(|beacon| beacon.key == key, waited).await;
    ([(header::CACHE_CONTROL, "no-store")], Json(Log { beacons: landed }))
}

async fn forget(State(beacons): State<Beacons>, Path(key): Path<String>) -> StatusCode {
    beacons.forget(|beacon| beacon.key == key);
    StatusCode::NO_CONTENT
}

impl From<Payload> for Said {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::Empty => Self::Nothing,
            Payload::Fields(fields) => Self::Fields(fields),
            Payload::Text(text) => Self::Text(text.chars().take(MAX_SHOWN_CHARS).collect()),
            _ => Self::Refused("of a kind this server does not know"),
        }
    }
}
