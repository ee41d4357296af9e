//! The whole site: which path is answered by what.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde::Serialize;

use crate::beacons;
use crate::behaviour;
use crate::files;
use crate::hits::{self, Hits};
use crate::host::{self, Host};
use crate::jsonp;
use crate::options::Options;
use crate::sink;

/// The ports the site is reached at.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Ports {
    /// The one to tell people.
    pub port: u16,
    /// All that speak http, that one first.
    pub ports: Vec<u16>,
    /// The one that speaks https.
    pub https: Option<u16>,
}

/// The largest body that `/test/echo` repeats.
const MAX_ECHO_BYTES: usize = 1 << 20;

/// The site as the options ask for it.
pub fn router(options: &Options, ports: Ports) -> Router {
    let site = Router::new()
        .route("/", get(front))
        .route("/site.json", get(describe).with_state(Arc::new(ports)))
        .nest_service("/dist", files::package(&options.dist))
        .nest_service("/demo", files::demo(&options.demo))
        .merge(jsonp::routes())
        .merge(beacons::routes())
        .fallback(nothing_here);
    let site = match &options.tests {
        None => site,
        Some(pages) => with_tests(site, pages),
    };
    site.layer(from_fn(host::only_loopback))
}

fn with_tests(site: Router, pages: &std::path::Path) -> Router {
    let hits = Arc::new(Hits::default());
    site.nest_service("/pages", files::test_pages(pages))
        .route("/test/blank", any(blank))
        .route("/test/echo", any(echo))
        .layer(from_fn(behaviour::shape))
        .layer(from_fn_with_state(Arc::clone(&hits), hits::record))
        .merge(sink::routes())
        .route("/hits", hits::route(hits))
}

/// The playground lives on a host of its own, so that the other hosts are other origins.
async fn front(Extension(host): Extension<Host>) -> Redirect {
    let scheme_relative = format!("//host.localhost{}/demo/", host.port_suffix());
    if host.name() == "host.localhost" { Redirect::to("/demo/") } else { Redirect::to(&scheme_relative) }
}

async fn describe(State(ports): State<Arc<Ports>>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], Json(Ports::clone(&ports)))
}

async fn nothing_here() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, "nothing here\n")
}

async fn blank() -> Html<&'static str> {
    Html("<!doctype html><html lang=en><meta charset=utf-8><title>blank</title>")
}

#[derive(Debug, Serialize)]
struct Echo {
    method: String,
    target: String,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
}

async fn echo(request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_ECHO_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let list =
        |headers: &HeaderMap| headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let echo = Echo {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: list(&head.headers),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(echo)).into_response()
}
