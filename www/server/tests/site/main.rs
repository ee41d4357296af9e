//! The site as a browser meets it, request by request, in one binary.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper that panics fails the test that called it"
)]

mod beacons;
mod cors;
mod files;
mod jsonp;
mod logs;
mod process;
mod proxy;

use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use portcullis_playground::options::Options;
use portcullis_playground::site::{self, Ports};
use tower::ServiceExt as _;

/// A site over directories of this test's own.
struct Site {
    router: Router,
    directory: PathBuf,
}

impl Drop for Site {
    fn drop(&mut self) {
        // What is left behind lies in the system's directory for such files.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Site {
    fn playground(name: &str) -> Self {
        Self::new(name, false, &[])
    }

    fn with_tests(name: &str) -> Self {
        Self::new(name, true, &[])
    }

    fn with_proxy(name: &str, routes: &[(&str, &str)]) -> Self {
        Self::new(name, false, routes)
    }

    fn new(name: &str, tests: bool, routes: &[(&str, &str)]) -> Self {
        let directory = std::env::temp_dir().join(format!("portcullis-{name}-{}", std::process::id()));
        for (path, text) in [
            ("dist/index.js", "export {};"),
            ("dist/channel.wasm", "\0asm"),
            ("demo/index.html", "<!doctype html>demo"),
            ("pages/page.html", "<!doctype html>page"),
        ] {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let options = Options {
            dist: directory.join("dist"),
            demo: directory.join("demo"),
            tests: tests.then(|| directory.join("pages")),
            port: Some(0),
            extra_ports: 0,
            proxy: routes.iter().map(|&(path, upstream)| (path.to_owned(), upstream.to_owned())).collect(),
            https: false,
            until_stdin_closes: false,
        };
        let ports = Ports { port: 8787, ports: vec![8787], https: None };
        Self { router: site::router(&options, ports).unwrap(), directory }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, host: &str, path: &str) -> Response<Body> {
        self.send(Request::get(path).header("host", host).body(Body::empty()).unwrap()).await
    }
}

/// The body as text.
async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// The body as JSON.
async fn json(response: Response<Body>) -> serde_json::Value {
    serde_json::from_str(&text(response).await).unwrap()
}

/// A header's text, empty when it is absent.
fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}
