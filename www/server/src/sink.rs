//! Where the pages of attackers report what they got hold of.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::ledger::{Ledger, Waited};

/// Any page may report, a sandboxed one too, and read the answer.
const OPEN: [(HeaderName, &str); 2] =
    [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::CACHE_CONTROL, "no-store")];

/// One report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    #[serde(skip)]
    key: String,
    origin: Option<String>,
    referer: Option<String>,
    text: String,
}

type Sink = Arc<Ledger<Entry>>;

#[derive(Debug, Deserialize)]
struct Added {
    value: String,
}

#[derive(Debug, Serialize)]
struct Report {
    entries: Vec<Entry>,
}

/// `/sink/{key}`: `POST` adds a report, `GET` reads them, `DELETE` forgets them;
/// `GET /sink/{key}/add?value=` adds one where only an image can be sent.
pub fn routes() -> Router {
    Router::new()
        .route("/sink/{key}", get(read).post(add).delete(forget))
        .route("/sink/{key}/add", get(add_by_url))
        .with_state(Sink::default())
}

async fn add(
    State(sink): State<Sink>,
    Path(key): Path<String>,
    headers: HeaderMap,
    text: String,
) -> impl IntoResponse {
    sink.push(Entry::new(key, &headers, text));
    (StatusCode::NO_CONTENT, OPEN)
}

async fn add_by_url(
    State(sink): State<Sink>,
    Path(key): Path<String>,
    headers: HeaderMap,
    Query(added): Query<Added>,
) -> impl IntoResponse {
    sink.push(Entry::new(key, &headers, added.value));
    (StatusCode::NO_CONTENT, OPEN)
}

async fn read(
    State(sink): State<Sink>,
    Path(key): Path<String>,
    Query(waited): Query<Waited>,
) -> impl IntoResponse {
    let entries = sink.wait_for(|entry| entry.key == key, waited).await;
    (OPEN, Json(Report { entries }))
}

async fn forget(State(sink): State<Sink>, Path(key): Path<String>) -> StatusCode {
    sink.forget(|entry| entry.key == key);
    StatusCode::NO_CONTENT
}

impl Entry {
    fn new(key: String, headers: &HeaderMap, text: String) -> Self {
        let header = |name| Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned());
        Self { key, origin: header(header::ORIGIN), referer: header(header::REFERER), text }
    }
}
