//! The border of the rules that few pages need, as texts and numbers like that of `requests.rs`.
//!
//! A module of its own: the npm package ships it as plain JavaScript, which a bundler leaves out of a page
//! that asks nothing of it.

#![allow(unreachable_pub, reason = "what wasm-bindgen exports has to be public")]

use alloc::string::String;

use wasm_bindgen::prelude::wasm_bindgen;

use super::answer::{fine, push_number, refused};
use super::cors::{invalid_request, request};
use crate::requests::cors::{CorsCode, Exchange, Headers, Page, Response};
use crate::requests::document_domain::{Attempt, Sign, may_relax};
use crate::requests::proxy::{ConfigKind, ProxyError, Routes};
use crate::requests::window_name::{Letter, Step, WindowNameError};
use crate::text::{cut, pieces};

/// "allowed" or "refused", the code or nothing, the seconds of the preflight's max-age or nothing, the exposed
/// headers with spaces between, then the reasons.
/// A preflight status of 0 says that none is at hand; an empty final address that none differs.
#[wasm_bindgen(js_name = explainCors)]
#[must_use]
#[allow(clippy::too_many_arguments, reason = "an options object would cost a property read each")]
pub fn explain_cors(
    url: &str,
    page_origin: &str,
    method: &str,
    headers: &str,
    credentials: &str,
    streaming: bool,
    status: u16,
    response_headers: &str,
    preflight_status: u16,
    preflight_headers: &str,
    final_url: &str,
) -> String {
    let request = match request(url, method, headers, credentials, streaming) {
        Ok(request) => request,
        Err(error) => return invalid_request(error),
    };
    let exchange = Exchange {
        request,
        response: Response { status, headers: Headers::of_lines(response_headers) },
        preflight: (preflight_status != 0)
            .then(|| Response { status: preflight_status, headers: Headers::of_lines(preflight_headers) }),
        final_url: Some(final_url).filter(|url| !url.is_empty()),
    };
    match Page::parse(page_origin).and_then(|page| exchange.explain(page)) {
        Ok(told) => {
            let decision = if told.allowed() { "allowed" } else { "refused" };
            let mut answer = fine(&[decision, told.code.map_or("", CorsCode::code), ""]);
            if let Some(seconds) = told.max_age {
                push_number(&mut answer, seconds);
            }
            answer.push('\n');
            answer.push_str(&told.exposed.join(" "));
            answer.push_str(told.reasons.lines());
            answer
        }
        Err(error) => invalid_request(error),
    }
}

/// A number of bytes that JavaScript counted.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn limit(size: f64) -> usize {
    size as usize
}

/// A table as a text: a local folder, a space, an upstream folder on each line.
fn routes(table: &str) -> Result<Routes, (usize, ProxyError)> {
    let lines = pieces(table, b'\n').filter(|line| !line.is_empty());
    let pairs = lines.map(|line| cut(line, b' ').unwrap_or((line, "")));
    Routes::parse(pairs).map_err(|invalid| (invalid.index, invalid.error))
}

fn proxy(result: Result<String, ProxyError>) -> String {
    result.map_or_else(|error| refused(error.code(), error.reason()), |text| fine(&[&text]))
}

/// Nothing, or what is wrong with a table and the position of the wrong line.
#[wasm_bindgen(js_name = proxyTable)]
#[must_use]
pub fn proxy_table(table: &str) -> String {
    match routes(table) {
        Ok(_) => String::new(),
        Err((index, error)) => {
            let mut answer = refused(error.code(), error.reason());
            answer.push('\n');
            push_number(&mut answer, u32::try_from(index).unwrap_or(u32::MAX));
            answer
        }
    }
}

/// The local path of an upstream address.
#[wasm_bindgen(js_name = proxyRewrite)]
#[must_use]
pub fn proxy_rewrite(table: &str, url: &str) -> String {
    proxy(routes(table).map_err(|(_, error)| error).and_then(|routes| routes.rewrite(url)))
}

/// The upstream address of a local path.
#[wasm_bindgen(js_name = proxyResolve)]
#[must_use]
pub fn proxy_resolve(table: &str, path: &str) -> String {
    let routes = routes(table).map_err(|(_, error)| error);
    proxy(routes.and_then(|routes| routes.resolve(path).map(|target| target.url)))
}

/// The table as a configuration: 0 nginx, 1 Caddy, 2 Vite.
#[wasm_bindgen(js_name = proxyConfig)]
#[must_use]
pub fn proxy_config(table: &str, kind: u32) -> String {
    let kind = match kind {
        0 => ConfigKind::Nginx,
        1 => ConfigKind::Caddy,
        _ => ConfigKind::Vite,
    };
    routes(table).map(|routes| routes.to_config(kind)).unwrap_or_default()
}

fn window_name(result: Result<String, WindowNameError>) -> String {
    result.map_or_else(|error| refused(error.code(), error.reason()), |text| fine(&[&text]))
}

/// The name that asks. `data` is a JSON text.
#[wasm_bindgen(js_name = windowNameRequest)]
#[must_use]
pub fn window_name_request(nonce: &str, return_path: &str, data: &str, max_bytes: f64) -> String {
    window_name(Letter::Request { nonce, return_path, data }.write(limit(max_bytes)))
}

/// The name that answers. `data` is a JSON text.
#[wasm_bindgen(js_name = windowNameResponse)]
#[must_use]
pub fn window_name_response(nonce: &str, failed: bool, data: &str, max_bytes: f64) -> String {
    let letter = if failed { Letter::Failed { nonce, data } } else { Letter::Response { nonce, data } };
    window_name(letter.write(limit(max_bytes)))
}

/// The nonce, the return path and the data of a name that asks.
#[wasm_bindgen(js_name = windowNameReadRequest)]
#[must_use]
pub fn window_name_read_request(name: &str, max_bytes: f64) -> String {
    window_name(match Letter::read(name, limit(max_bytes)) {
        Ok(Letter::Request { nonce, return_path, data }) => return fine(&[nonce, return_path, data]),
        Ok(_) => Err(WindowNameError::Malformed),
        Err(error) => Err(error),
    })
}

/// "settle" or "failed" with the data, or "wait": what to do with the name of a frame that is back.
#[wasm_bindgen(js_name = windowNameAnswer)]
#[must_use]
pub fn window_name_answer(name: &str, nonce: &str, max_bytes: f64) -> String {
    match Step::read(name, nonce, limit(max_bytes)) {
        Ok(Step::Settle(data)) => fine(&["settle", data]),
        Ok(Step::Fail(data)) => fine(&["failed", data]),
        Ok(Step::Wait) => fine(&["wait"]),
        Err(error) => window_name(Err(error)),
    }
}

/// Nothing, or why a page on `host` cannot take the domain.
#[wasm_bindgen(js_name = relaxRule)]
#[must_use]
pub fn relax_rule(host: &str, wanted: &str) -> String {
    may_relax(host, wanted).map_or_else(|error| refused(error.code(), error.reason()), |()| String::new())
}

/// The outcome of an attempt and its reason. Signs are 0 unknown, 1 no, 2 yes.
#[wasm_bindgen(js_name = relaxVerdict)]
#[must_use]
pub fn relax_verdict(
    host: &str,
    wanted: &str,
    after: &str,
    threw: bool,
    origin_keyed: u32,
    opaque: bool,
    reached: u32,
) -> String {
    let sign = |number| match number {
        1 => Sign::No,
        2 => Sign::Yes,
        _ => Sign::Unknown,
    };
    let attempt = Attempt {
        host,
        wanted,
        after,
        threw,
        origin_keyed: sign(origin_keyed),
        opaque,
        reached: sign(reached),
    };
    let (outcome, reason) = attempt.verdict();
    fine(&[outcome.as_str(), reason])
}
