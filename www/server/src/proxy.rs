//! Same-origin routes to other servers: a streaming reverse proxy behind the crate's route table.

use std::future::{Ready, ready};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, request, response};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use portcullis::origin;
use portcullis::requests::proxy::{Caller, ProxyError, Routes, Target, check_caller};
use tower::Service;

use crate::host::Host;

/// How long an upstream may take to begin its answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How this proxy calls itself; a request that has been here before is a loop.
const VIA: &str = "1.1 portcullis";

/// Headers between two neighbours only (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What a browser tells this origin and no other: its cookies, and where the visitor is.
const OURS_ONLY: [HeaderName; 5] =
    [header::COOKIE, header::FORWARDED, header::HOST, header::ORIGIN, header::REFERER];

/// What an upstream may not do to this origin: set its cookies, empty its storage, widen a service
/// worker, decide about its transport, send its visitor elsewhere.
const NOT_THEIRS: [HeaderName; 7] = [
    header::ALT_SVC,
    HeaderName::from_static("clear-site-data"),
    header::LOCATION,
    header::REFRESH,
    HeaderName::from_static("service-worker-allowed"),
    header::SET_COOKIE,
    header::STRICT_TRANSPORT_SECURITY,
];

/// Should somebody open a proxied page as a page, it runs without this origin's rights.
const PROTECTION: [(HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The route table and the connections to the upstreams.
#[derive(Debug)]
pub struct Proxy {
    routes: Routes,
    client: Client<HttpConnector<Loopback>, Body>,
}

impl Proxy {
    /// A proxy for these routes. Names of upstreams lead to this machine, whatever they are.
    #[must_use]
    pub fn new(routes: Routes) -> Self {
        let connector = HttpConnector::new_with_resolver(Loopback);
        Self { routes, client: Client::builder(TokioExecutor::new()).build(connector) }
    }
}

/// A request that goes no further, or an answer that does not come back.
#[derive(Clone, Copy, Debug)]
struct Refusal {
    status: StatusCode,
    reason: &'static str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, format!("proxy: {}\n", self.reason)).into_response()
    }
}

/// Sends requests that a route covers to its upstream; all others go on.
pub async fn forward(
    State(proxy): State<Arc<Proxy>>,
    Extension(host): Extension<Host>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if !proxy.routes.iter().any(|route| path.starts_with(route.prefix())) {
        return next.run(request).await;
    }
    let mut response = answer(&proxy, &host, request).await.unwrap_or_else(IntoResponse::into_response);
    for (name, value) in PROTECTION {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin, Sec-Fetch-Site"));
    response
}

async fn answer(proxy: &Proxy, host: &Host, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    check(host, &head)?;
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let target = proxy.routes.resolve(path).map_err(refused)?;
    let onward = onward(&target, &head, body)?;
    let answered = tokio::time::timeout(PATIENCE, proxy.client.request(onward)).await;
    let answered = answered.map_err(|_| told(StatusCode::GATEWAY_TIMEOUT, "the upstream does not answer"))?;
    let answered = answered.map_err(|_| told(StatusCode::BAD_GATEWAY, "the upstream cannot be reached"))?;
    let (mut head, body) = answered.into_parts();
    clean_answer(&target, &mut head)?;
    Ok(Response::from_parts(head, Body::new(body)))
}

/// Only pages of this origin may use a route, and no request passes here twice.
fn check(host: &Host, head: &request::Parts) -> Result<(), Refusal> {
    // What is no text is no origin either: it must not count as absent.
    let text = |name: HeaderName| head.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let caller = Caller {
        own_origin: &host.origin(),
        origin: text(header::ORIGIN),
        fetch_site: text(HeaderName::from_static("sec-fetch-site")),
        method: head.method.as_str(),
    };
    check_caller(&caller).map_err(|denied| told(StatusCode::FORBIDDEN, denied.reason()))?;
    let names_us = |list: &str| list.split(',').any(|one| one.trim() == VIA);
    let been_here = head.headers.get_all(header::VIA).iter().any(|via| via.to_str().is_ok_and(names_us));
    if been_here { Err(told(StatusCode::LOOP_DETECTED, "the route leads back to itself")) } else { Ok(()) }
}

fn onward(target: &Target<'_>, head: &request::Parts, body: Body) -> Result<Request, Refusal> {
    let uri: Uri = target.url.parse().map_err(|_| told(StatusCode::BAD_REQUEST, "no address"))?;
    let mut headers = head.headers.clone();
    remove_hop_by_hop(&mut headers);
    for name in OURS_ONLY {
        headers.remove(name);
    }
    let told_by_browser: Vec<HeaderName> =
        headers.keys().filter(|name| is_forwarding(name.as_str())).cloned().collect();
    for name in told_by_browser {
        headers.remove(name);
    }
    headers.append(header::VIA, HeaderValue::from_static(VIA));
    let mut onward = Request::new(body);
    *onward.method_mut() = head.method.clone();
    *onward.uri_mut() = uri;
    *onward.headers_mut() = headers;
    Ok(onward)
}

/// Takes from the answer what an upstream has no say in, and keeps its redirects inside the route.
fn clean_answer(target: &Target<'_>, head: &mut response::Parts) -> Result<(), Refusal> {
    let location = head.headers.get(header::LOCATION).cloned();
    remove_hop_by_hop(&mut head.headers);
    for name in NOT_THEIRS {
        head.headers.remove(name);
    }
    // Were these kept, the upstream would decide who may read this origin's answers.
    let cors: Vec<HeaderName> =
        head.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in cors {
        head.headers.remove(name);
    }
    let Some(location) = location else { return Ok(()) };
    let local = location.to_str().ok().and_then(|location| target.redirect(location).ok());
    match local.and_then(|local| HeaderValue::try_from(local).ok()) {
        Some(local) => {
            head.headers.insert(header::LOCATION, local);
            Ok(())
        }
        None => Err(told(StatusCode::BAD_GATEWAY, "the upstream sends elsewhere")),
    }
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .collect();
    for name in named.into_iter().chain(HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Who asked, by whom and from where: the browser's word is for this server, a page's is not to be believed.
fn is_forwarding(name: &str) -> bool {
    name.starts_with("sec-") || name.starts_with("x-forwarded-")
}

fn refused(error: ProxyError) -> Refusal {
    let status = if error == ProxyError::NoRoute { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
    told(status, error.reason())
}

const fn told(status: StatusCode, reason: &'static str) -> Refusal {
    Refusal { status, reason }
}

/// Names of this machine, all of them, and no others: the proxy cannot be led off it.
#[derive(Clone, Copy, Debug)]
struct Loopback;

impl Service<Name> for Loopback {
    type Response = std::array::IntoIter<SocketAddr, 2>;
    type Error = io::Error;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let ours = origin::Host::parse(name.as_str()).is_ok_and(origin::Host::is_loopback);
        // The connector puts the port in.
        let addresses =
            [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        ready(if ours { Ok(addresses.into_iter()) } else { Err(io::ErrorKind::AddrNotAvailable.into()) })
    }
}
