//! CORS answers with one mistake each: what a page has to tell apart, and what no server should send.

use axum::extract::{Extension, Path};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::host::Host;

/// The one mistake.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Mistake {
    /// Two origins in one header.
    List,
    /// `Access-Control-Allow-Methods` in lower case; methods are case-sensitive.
    LowerCaseMethods,
    /// No header at all.
    Missing,
    /// The preflight allows no header.
    NoHeaders,
    /// The preflight allows no method.
    NoMethods,
    /// The right answer, without `Vary: Origin`.
    NoVary,
    /// The right answer, but a header of it is not exposed.
    NotExposed,
    /// The preflight says 403.
    PreflightForbidden,
    /// The preflight is sent elsewhere.
    PreflightRedirect,
    /// The answer is on another host.
    Redirect,
    /// The answer is on another host, and the address holds a user name.
    RedirectUser,
    /// Any origin, `null` too, with credentials.
    Reflected,
    /// A slash after the origin.
    TrailingSlash,
    /// `Access-Control-Allow-Credentials: True`.
    TrueCase,
    /// The header twice.
    Twice,
    /// The origin in upper case.
    UpperCase,
    /// `*` together with credentials.
    WildcardCredentials,
    /// `*` for the headers, together with credentials.
    WildcardHeaders,
}

/// `/cors/wrong/{mistake}`, for every method.
pub fn routes() -> Router {
    Router::new().route("/cors/wrong/{mistake}", any(answer))
}

async fn answer(
    Path(mistake): Path<Mistake>,
    Extension(host): Extension<Host>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else {
        return Json(mistake).into_response();
    };
    let preflight = method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match mistake {
        Mistake::PreflightForbidden if preflight => StatusCode::FORBIDDEN.into_response(),
        Mistake::PreflightRedirect if preflight => redirect(&host, "guest.localhost"),
        Mistake::Redirect if !preflight => redirect(&host, "evil.localhost"),
        Mistake::RedirectUser if !preflight => redirect(&host, "user:word@guest.localhost"),
        _ if preflight => StatusCode::NO_CONTENT.into_response(),
        _ => Json(mistake).into_response(),
    };
    for (name, value) in mistaken(mistake, origin, preflight) {
        // An origin that is no header value came in none.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// The headers of a right answer, but for the mistake.
fn mistaken(mistake: Mistake, origin: &str, preflight: bool) -> Vec<(HeaderName, String)> {
    if mistake == Mistake::Missing {
        return Vec::new();
    }
    let mut headers = vec![(HeaderName::from_static("x-answer"), "42".to_owned())];
    let allowed = match mistake {
        Mistake::List => format!("{origin}, http://other.localhost"),
        Mistake::TrailingSlash => format!("{origin}/"),
        Mistake::UpperCase => origin.to_ascii_uppercase(),
        Mistake::WildcardCredentials => "*".to_owned(),
        _ => origin.to_owned(),
    };
    if mistake == Mistake::Twice {
        headers.push((header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed.clone()));
    }
    headers.push((header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed));
    let credentials = if mistake == Mistake::TrueCase { "True" } else { "true" };
    headers.push((header::ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials.to_owned()));
    if mistake != Mistake::NoVary {
        headers.push((header::VARY, "Origin".to_owned()));
    }
    if mistake != Mistake::NotExposed {
        headers.push((header::ACCESS_CONTROL_EXPOSE_HEADERS, "x-answer".to_owned()));
    }
    if preflight {
        let methods = match mistake {
            Mistake::LowerCaseMethods => Some("put, patch, delete"),
            Mistake::NoMethods => None,
            _ => Some("PUT, PATCH, DELETE"),
        };
        let names = match mistake {
            Mistake::NoHeaders => None,
            Mistake::WildcardHeaders => Some("*"),
            _ => Some("authorization, content-type, x-demo"),
        };
        headers.extend(methods.map(|value| (header::ACCESS_CONTROL_ALLOW_METHODS, value.to_owned())));
        headers.extend(names.map(|value| (header::ACCESS_CONTROL_ALLOW_HEADERS, value.to_owned())));
        // Every request asks anew, so that a test can count.
        headers.push((header::ACCESS_CONTROL_MAX_AGE, "0".to_owned()));
    }
    headers
}

fn redirect(host: &Host, to: &str) -> Response {
    let location = format!("//{to}{}/cors/wrong/reflected", host.port_suffix());
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}
