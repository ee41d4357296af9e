//! The log of requests that tests read: what reached the server is the only proof of delivery.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

use crate::host::Host;
use crate::ledger::{Ledger, Waited};
use crate::upstream::texts;

/// One request that arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    seq: u64,
    host: String,
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
}

/// All requests that arrived.
#[derive(Debug, Default)]
pub struct Hits {
    ledger: Ledger<Hit>,
    next: AtomicU64,
}

/// Which hits a reader wants.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    path: Option<String>,
    host: Option<String>,
    method: Option<String>,
    query: Option<String>,
    #[serde(default)]
    count: usize,
    #[serde(default)]
    wait: u64,
}

#[derive(Debug, Serialize)]
struct Report {
    hits: Vec<Hit>,
}

impl Wanted {
    fn picks(&self, hit: &Hit) -> bool {
        let path = |wanted: &String| match wanted.strip_suffix('*') {
            Some(prefix) => hit.path.starts_with(prefix),
            None => hit.path == *wanted,
        };
        self.path.as_ref().is_none_or(path)
            && self.host.as_ref().is_none_or(|host| hit.host == *host)
            && self.method.as_ref().is_none_or(|method| hit.method == *method)
            && self.query.as_ref().is_none_or(|query| hit.query.contains(query.as_str()))
    }
}

/// Writes every request down before it is answered.
pub async fn record(
    State(hits): State<Arc<Hits>>,
    Extension(host): Extension<Host>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if path != "/hits" && !path.starts_with("/sink/") {
        hits.ledger.push(Hit {
            seq: hits.next.fetch_add(1, Ordering::Relaxed),
            host: host.authority().to_owned(),
            method: request.method().to_string(),
            path: path.to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: texts(request.headers()),
        });
    }
    next.run(request).await
}

/// `GET` reads the log, waiting for `count` hits at most `wait` ms; `DELETE` empties it.
pub fn route(hits: Arc<Hits>) -> MethodRouter {
    get(read).delete(forget).with_state(hits)
}

async fn read(State(hits): State<Arc<Hits>>, Query(wanted): Query<Wanted>) -> Json<Report> {
    let waited = Waited { count: wanted.count, wait: wanted.wait };
    Json(Report { hits: hits.ledger.wait_for(|hit| wanted.picks(hit), waited).await })
}

async fn forget(State(hits): State<Arc<Hits>>, Query(unwanted): Query<Wanted>) -> StatusCode {
    hits.ledger.forget(|hit| unwanted.picks(hit));
    StatusCode::NO_CONTENT
}
