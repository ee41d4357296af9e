//! CORS by the crate's own policy, as a layer in front of what it protects.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use portcullis::origin::AllowList;
use portcullis::requests::cors::{Asked, CorsAnswer, CorsPolicy, Decision};
use serde::{Deserialize, Serialize};

use crate::site::Ports;

/// How long a browser may remember a preflight: long enough to see it remembered, short enough to
/// see it asked again.
const MAX_AGE_SECONDS: u32 = 5;

/// What the protected resource tells a page that may read it.
#[derive(Debug, Serialize)]
struct Told {
    method: String,
    origin: Option<String>,
    body_bytes: usize,
}

/// A policy as a test asks for it; lists are separated by commas.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    allow: String,
    methods: String,
    request_headers: String,
    expose: String,
    credentials: bool,
    max_age: Option<u32>,
}

/// The playground's own policy: the host page may ask anything, nobody else.
pub fn playground_policy(ports: &Ports) -> CorsPolicy {
    let origins = ports.origins("host.localhost");
    // They are made of numbers and a name of ours; were one wrong, nobody would be allowed.
    let origins = AllowList::parse(origins.iter().map(String::as_str), false).unwrap_or_default();
    CorsPolicy::new(origins)
        .methods(&["PUT", "PATCH", "DELETE"])
        .request_headers(&["authorization", "content-type", "x-demo"])
        .exposed_headers(&["x-answer"])
        .credentials(true)
        .max_age(MAX_AGE_SECONDS)
}

/// `/cors/good` under the given policy.
pub fn routes(policy: Arc<CorsPolicy>) -> Router {
    Router::new().route("/cors/good", any(tell)).layer(from_fn_with_state(policy, enforce))
}

/// `/test/cors` under the policy that the query describes; for tests.
pub fn test_routes() -> Router {
    Router::new().route("/test/cors", any(tell_as_wished))
}

/// Answers preflights, refuses whom the policy does not allow, and marks what the others may read.
pub async fn enforce(State(policy): State<Arc<CorsPolicy>>, request: Request, next: Next) -> Response {
    under(&policy, request, async |request| next.run(request).await).await
}

/// Answers preflights and marks what the listed pages may read, but lets every simple request in:
/// for beacons, which anybody may send and nobody reads an answer to.
pub async fn advise(State(policy): State<Arc<CorsPolicy>>, request: Request, next: Next) -> Response {
    let answer = decide(&policy, &request);
    if answer.preflight {
        return under(&policy, request, async |request| next.run(request).await).await;
    }
    let mut response = next.run(request).await;
    mark(&mut response, &answer);
    response
}

/// A refused page could not read the answer anyway; not running `handle` also keeps a simple POST
/// from having an effect.
async fn under(
    policy: &CorsPolicy,
    request: Request,
    handle: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let answer = decide(policy, &request);
    let mut response = match (answer.allowed(), answer.preflight) {
        (true, false) => handle(request).await,
        (true, true) => StatusCode::NO_CONTENT.into_response(),
        (false, _) => (StatusCode::FORBIDDEN, reason(answer.decision)).into_response(),
    };
    mark(&mut response, &answer);
    response
}

fn decide(policy: &CorsPolicy, request: &Request) -> CorsAnswer {
    let text = |name: HeaderName| match request.headers().get(name) {
        // What is no text is no origin either: it must not count as absent.
        Some(value) => Some(value.to_str().unwrap_or("?")),
        None => None,
    };
    policy.answer(&Asked {
        origin: text(header::ORIGIN),
        method: request.method().as_str(),
        request_method: text(header::ACCESS_CONTROL_REQUEST_METHOD),
        request_headers: text(header::ACCESS_CONTROL_REQUEST_HEADERS),
    })
}

fn mark(response: &mut Response, answer: &CorsAnswer) {
    for (name, value) in &answer.headers {
        // Values are made of origins and of lists in this file; a test's list may be unsendable.
        let Ok(value) = HeaderValue::from_str(value) else { continue };
        let name = HeaderName::from_static(name);
        if name == header::VARY {
            response.headers_mut().append(name, value);
        } else {
            response.headers_mut().insert(name, value);
        }
    }
}

const fn reason(decision: Decision) -> &'static str {
    match decision {
        Decision::NullOrigin => "a page without an origin of its own may not ask this\n",
        Decision::MethodNotAllowed => "no page of another origin may use this method\n",
        _ => "pages of this origin may not ask this\n",
    }
}

async fn tell(request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 1 << 20).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let origin = head.headers.get(header::ORIGIN);
    let told = Told {
        method: head.method.to_string(),
        origin: origin.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        body_bytes: body.len(),
    };
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-answer"), "42"),
        (HeaderName::from_static("x-hidden"), "not exposed"),
    ];
    (headers, Json(told)).into_response()
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

async fn tell_as_wished(Query(wish): Query<Wish>, request: Request) -> Response {
    let Ok(origins) = AllowList::parse(list(&wish.allow), wish.allow == "*") else {
        return (StatusCode::BAD_REQUEST, "allow= holds no list of origins\n").into_response();
    };
    let mut policy = CorsPolicy::new(origins)
        .methods(&list(&wish.methods).collect::<Vec<_>>())
        .request_headers(&list(&wish.request_headers).collect::<Vec<_>>())
        .exposed_headers(&list(&wish.expose).collect::<Vec<_>>())
        .credentials(wish.credentials);
    if let Some(seconds) = wish.max_age {
        policy = policy.max_age(seconds);
    }
    under(&policy, request, tell).await
}
