//! JSONP: a server that plays by the rules, and all the ways in which one may not.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Query, RawQuery};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use portcullis::requests::jsonp::{CallbackName, JsonpError, Script, wrap};
use serde::{Deserialize, Serialize};

use crate::host::Host;

/// How late a late answer is when the request does not say.
const USUAL_DELAY: Duration = Duration::from_secs(2);

/// The longest a late answer can be asked to take.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// What the endless answer repeats; a comment, so that nothing of it ever runs.
const PIECE: &str = "/* one moment */\n";

/// How long the endless answer waits between pieces.
const PIECE_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug, Deserialize)]
struct Asked {
    callback: String,
    /// Milliseconds until a late answer.
    ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    host: &'a str,
    unix_seconds: u64,
}

/// What a hostile server answers.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Hostile {
    /// Script that looks around, forges a message, overrides its callback and then calls it.
    Code,
    /// A type that no engine runs.
    Csv,
    /// Never ends.
    Endless,
    /// A call that leaves a global behind.
    Global,
    /// The right call with a type that `nosniff` blocks.
    JsonNosniff,
    /// The right call, too late.
    Late,
    /// Holds the thread for two seconds before the right call.
    Loop,
    /// The right call in an answer that says 404.
    Missing,
    /// Data without a call.
    PureJson,
    /// Sends the request on to another host.
    Redirect,
    /// A script that calls nothing.
    Silent,
    /// A script that cannot be parsed.
    Syntax,
    /// A script that throws.
    Throws,
    /// Two calls.
    Twice,
    /// Calls with what no message can carry.
    Uncloneable,
    /// Calls a function of another name.
    WrongName,
}

/// `/jsonp/time` and `/jsonp/echo` play by the rules, `/jsonp/hostile/{kind}` does not.
pub fn routes() -> Router {
    Router::new()
        .route("/jsonp/time", get(time))
        .route("/jsonp/echo", get(echo))
        .route("/jsonp/hostile/{kind}", get(hostile))
}

async fn time(Extension(host): Extension<Host>, Query(asked): Query<Asked>) -> Response {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let unix_seconds = since.map_or(0, |since| since.as_secs());
    answer(&asked.callback, &Place { host: host.authority(), unix_seconds })
}

async fn echo(Query(mut fields): Query<BTreeMap<String, String>>) -> Response {
    let callback = fields.remove("callback").unwrap_or_default();
    answer(&callback, &fields)
}

/// The answer as the package's own rules write it.
fn answer(callback: &str, value: &impl Serialize) -> Response {
    match (CallbackName::parse(callback), serde_json::to_string(value)) {
        (Ok(name), Ok(json)) => script(wrap(name, &json)),
        (Err(error), _) => refusal(error),
        (_, Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn script(script: Script) -> Response {
    let mut response = Body::from(script.body).into_response();
    for &(name, value) in script.headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

fn refusal(error: JsonpError) -> Response {
    (StatusCode::BAD_REQUEST, format!("{}: {}\n", error.code(), error.reason())).into_response()
}

async fn hostile(
    Path(kind): Path<Hostile>,
    Extension(host): Extension<Host>,
    Query(asked): Query<Asked>,
    RawQuery(query): RawQuery,
) -> Response {
    // Even here: the attacks are ours, never those of whoever wrote the address.
    let name = match CallbackName::parse(&asked.callback) {
        Ok(name) => name.as_str(),
        Err(error) => return refusal(error),
    };
    let call = format!("{name}({{\"kind\":\"the right call\"}});");
    match kind {
        Hostile::Code => javascript(hostile_code(name)),
        Hostile::Csv => typed("text/csv", call),
        Hostile::Endless => javascript(endless()),
        Hostile::Global => javascript(format!("globalThis.leaked = true; {call}")),
        Hostile::JsonNosniff => typed("application/json", call),
        Hostile::Late => {
            tokio::time::sleep(asked.ms.map_or(USUAL_DELAY, Duration::from_millis).min(MAX_DELAY)).await;
            javascript(call)
        }
        Hostile::Loop => {
            javascript(format!("for (const end = Date.now() + 2000; Date.now() < end;); {call}"))
        }
        Hostile::Missing => (StatusCode::NOT_FOUND, javascript(call)).into_response(),
        Hostile::PureJson => javascript("{\"kind\":\"data without a call\"}"),
        Hostile::Redirect => {
            let query = query.unwrap_or_default();
            redirect(&format!("//evil.localhost{}/jsonp/echo?{query}", host.port_suffix()))
        }
        Hostile::Silent => javascript("void 0;"),
        Hostile::Syntax => javascript(format!("{call} }}")),
        Hostile::Throws => javascript(format!("throw new Error(\"on purpose\"); {call}")),
        Hostile::Twice => javascript(format!("{call} {name}({{\"kind\":\"the second call\"}});")),
        Hostile::Uncloneable => javascript(format!("{name}({{ run() {{}}, window: globalThis }});")),
        Hostile::WrongName => javascript("somebodyElse({\"kind\":\"a call of another name\"});"),
    }
}

fn javascript(body: impl Into<Body>) -> Response {
    typed("text/javascript; charset=utf-8", body)
}

fn typed(kind: &'static str, body: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    (headers, body.into()).into_response()
}

fn redirect(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn endless() -> Body {
    Body::from_stream(stream::unfold(tokio::time::interval(PIECE_EVERY), |mut interval| async move {
        interval.tick().await;
        Some((Ok::<_, std::convert::Infallible>(PIECE), interval))
    }))
}

/// Tries what a script of a hostile server would, and says in its answer how far it got.
fn hostile_code(name: &str) -> String {
    format!(
        r#"{{
  const attempt = (act) => {{ try {{ return String(act()); }} catch (error) {{ return error.name; }} }};
  const call = globalThis.{name};
  const reached = {{
    parentDocument: attempt(() => parent.document.title),
    topLocation: attempt(() => top.location.href),
    cookie: attempt(() => document.cookie),
    localStorage: attempt(() => localStorage.length),
    origin: attempt(() => self.origin),
  }};
  attempt(() => {{ globalThis.{name} = () => {{}}; }});
  attempt(() => parent.postMessage(["portcullis", 1, "", 0, "0".repeat(32), ""], "*"));
  call({{ kind: "hostile code", reached }});
}}"#
    )
}
