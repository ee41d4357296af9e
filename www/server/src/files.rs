//! The files served: the package, the playground pages, test pages.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use tower_http::services::ServeDir;

use crate::policy;

/// Module scripts of a sandboxed frame are fetched with `Origin: null`, and a page under
/// `Cross-Origin-Embedder-Policy` may load them only if they say so.
const FOR_ANYBODY: [(HeaderName, HeaderValue); 2] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
];

/// The built package, for pages of any origin.
pub fn package(dist: &Path) -> Router {
    Router::new()
        .fallback_service(directory(dist))
        .layer(from_fn(explain_missing))
        .layer(from_fn(for_anybody))
}

/// The playground pages, under the policy a careful site would send.
pub fn demo(demo: &Path) -> Router {
    Router::new().fallback_service(directory(demo)).layer(from_fn(policy::protect))
}

/// Pages of the end-to-end tests, which bring their own policies.
pub fn test_pages(pages: &Path) -> Router {
    Router::new().fallback_service(directory(pages)).layer(from_fn(for_anybody))
}

fn directory(path: &Path) -> Router {
    Router::new().fallback_service(ServeDir::new(path)).layer(from_fn(always_fresh))
}

/// A page that is being worked on is never taken from the cache unasked.
async fn always_fresh(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn for_anybody(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().extend(FOR_ANYBODY.map(|(name, value)| (Some(name), value)));
    response
}

async fn explain_missing(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    (StatusCode::NOT_FOUND, "not in dist/: build the package with `npm run build`\n").into_response()
}
