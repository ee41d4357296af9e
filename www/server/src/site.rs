//! The whole site: which path is answered by what.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::{any, get};
use axum::{Json, Router};
use portcullis::requests::proxy::{InvalidRoute, Routes};
use serde::Serialize;

use crate::beacons;
use crate::behaviour;
use crate::compare;
use crate::cors;
use crate::cors_wrong;
use crate::files;
use crate::hits::{self, Hits};
use crate::host::{self, Host};
use crate::jsonp;
use crate::options::Options;
use crate::proxy::{self, Proxy};
use crate::sink;
use crate::upstream;

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

impl Ports {
    /// The origins under which a host is reached.
    #[must_use]
    pub fn origins(&self, host: &str) -> Vec<String> {
        let origin = |scheme, usual: u16, port| {
            if port == usual { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") }
        };
        let http = self.ports.iter().map(|&port| origin("http", 80, port));
        http.chain(self.https.map(|port| origin("https", 443, port))).collect()
    }
}

/// The site as the options ask for it.
///
/// # Errors
///
/// A proxy route that is none.
pub fn router(options: &Options, ports: Ports) -> Result<Router, InvalidRoute> {
    let proxy = Arc::new(Proxy::new(routes(options, &ports)?));
    let policy = Arc::new(cors::playground_policy(&ports));
    let site = Router::new()
        .route("/", get(front))
        .route("/site.json", get(describe).with_state(Arc::new(ports)))
        .nest_service("/dist", files::package(&options.dist))
        .nest_service("/demo", files::demo(&options.demo))
        .merge(compare::routes())
        .merge(jsonp::routes())
        .merge(beacons::routes(Arc::clone(&policy)))
        .merge(cors::routes(policy))
        .merge(cors_wrong::routes())
        .merge(upstream::routes())
        .fallback(nothing_here)
        .layer(from_fn_with_state(proxy, proxy::forward));
    let site = match &options.tests {
        None => site,
        Some(pages) => with_tests(site, pages),
    };
    Ok(site.layer(from_fn(host::only_loopback)))
}

fn routes(options: &Options, ports: &Ports) -> Result<Routes, InvalidRoute> {
    if options.proxy.is_empty() {
        let upstreams = ports.origins("guest.localhost").into_iter().take(1);
        let upstreams: Vec<String> = upstreams.map(|origin| format!("{origin}/upstream/")).collect();
        return Routes::parse(upstreams.iter().map(|upstream| ("/proxy/guest/", upstream.as_str())));
    }
    Routes::parse(options.proxy.iter().map(|(path, upstream)| (path.as_str(), upstream.as_str())))
}

fn with_tests(site: Router, pages: &std::path::Path) -> Router {
    let hits = Arc::new(Hits::default());
    site.nest_service("/pages", files::test_pages(pages))
        .merge(cors::test_routes())
        .route("/test/blank", any(blank))
        .route("/test/echo", any(upstream::echo))
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
