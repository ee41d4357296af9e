//! What stands behind the proxy routes: says what reached it, streams, and sends elsewhere.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::ledger::Ledger;

/// The largest body that is repeated.
const MAX_ECHO_BYTES: usize = 1 << 20;

/// The most lines a stream can be asked for.
const MAX_LINES: u32 = 1_000;

/// The longest pause between two lines.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// A request as it arrived.
#[derive(Debug, Serialize)]
struct Echo {
    method: String,
    target: String,
    headers: BTreeMap<String, String>,
    body: String,
}

#[derive(Debug, Deserialize)]
struct Streamed {
    /// How many lines.
    lines: Option<u32>,
    /// Milliseconds between two lines.
    ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Redirected {
    to: String,
    status: Option<u16>,
}

#[derive(Debug, Deserialize)]
struct Counted {
    key: String,
}

#[derive(Debug, Serialize)]
struct Count {
    /// How many requests with this key have arrived, this one included.
    arrived: usize,
}

/// `/upstream/count?key=` counts what arrives, `/upstream/stream` writes line after line,
/// `/upstream/redirect?to=` sends elsewhere, everything else below `/upstream/` repeats the request.
pub fn routes() -> Router {
    Router::new()
        .route("/upstream/count", any(count).with_state(Arc::<Ledger<String>>::default()))
        .route("/upstream/stream", get(stream_lines))
        .route("/upstream/redirect", any(redirect))
        .route("/upstream/{*path}", any(echo))
}

/// Repeats the request as JSON.
pub async fn echo(request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_ECHO_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let echo = Echo {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: texts(&head.headers),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(echo)).into_response()
}

/// Header names and values as text, the last value where a name comes twice.
pub(crate) fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value): (&HeaderName, _)| (name.to_string(), text(value))).collect()
}

async fn count(
    State(arrived): State<Arc<Ledger<String>>>,
    Query(counted): Query<Counted>,
) -> impl IntoResponse {
    arrived.push(counted.key.clone());
    let arrived = arrived.matching(|key| *key == counted.key).len();
    ([(header::CACHE_CONTROL, "no-store")], Json(Count { arrived }))
}

async fn stream_lines(Query(streamed): Query<Streamed>) -> impl IntoResponse {
    let lines = streamed.lines.unwrap_or(10).min(MAX_LINES);
    let pause = Duration::from_millis(streamed.ms.unwrap_or(200)).clamp(Duration::from_millis(1), MAX_PAUSE);
    let clock = stream::unfold(tokio::time::interval(pause), |mut interval| async move {
        interval.tick().await;
        Some(((), interval))
    });
    let lines =
        stream::iter(1..=lines).zip(clock).map(|(line, ())| Ok::<_, Infallible>(format!("line {line}\n")));
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from_stream(lines))
}

async fn redirect(Query(redirected): Query<Redirected>) -> Response {
    let status = redirected.status.map_or(Ok(StatusCode::FOUND), StatusCode::from_u16);
    match (status, HeaderValue::try_from(redirected.to)) {
        (Ok(status), Ok(location)) if status.is_redirection() => {
            (status, [(header::LOCATION, location)]).into_response()
        }
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}
