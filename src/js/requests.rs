//! The one-shot transports' border: texts and numbers in, one text out.
//!
//! An answer is a text of lines. The first is empty, or it is an error's code and the second its message.
//! Structured values go in the same way, so no object crosses and no error is thrown.

#![allow(unreachable_pub, reason = "what wasm-bindgen exports has to be public")]

use alloc::string::String;

use wasm_bindgen::prelude::wasm_bindgen;

use super::answer::{push_number, refused};
use crate::requests::beacon::{Batch, BeaconError, Body, Fit, ImageData, Outgoing, Via, Wish, image_url};
use crate::requests::cors::{
    CorsCode, Credentials, Exchange, Headers, InvalidRequest, Page, Probe, Reason, Request, Response,
    Symptoms,
};
use crate::requests::document_domain::{Attempt, Sign, may_relax};
use crate::requests::jsonp::{CallbackName, JsonpError, frame_policy, random_callback, request_url};
use crate::requests::proxy::{ConfigKind, ProxyError, Routes};
use crate::requests::window_name::{Letter, Step, WindowNameError};
use crate::text::{cut, pieces};

fn fine(lines: &[&str]) -> String {
    let mut answer = String::new();
    for line in lines {
        answer.push('\n');
        answer.push_str(line);
    }
    answer
}

fn push_reasons(answer: &mut String, tag: &str, reasons: &[Reason]) {
    for reason in reasons {
        answer.push('\n');
        answer.push_str(tag);
        answer.push_str(&reason.text());
    }
}

/// A size that JavaScript counted. Fractions are dropped; what is no size becomes the nearest one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn bytes(size: f64) -> u64 {
    size as u64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn limit(size: f64) -> usize {
    size as usize
}

/// A callback name nobody can guess, from 128 random bits.
#[wasm_bindgen(js_name = jsonpCallback)]
#[must_use]
pub fn jsonp_callback(a: u32, b: u32, c: u32, d: u32) -> String {
    random_callback([a, b, c, d])
}

fn jsonp(result: Result<String, JsonpError>) -> String {
    result.map_or_else(|error| refused(error.code(), error.reason()), |text| fine(&[&text]))
}

/// The address to ask. `query` is form-urlencoded.
#[wasm_bindgen(js_name = jsonpUrl)]
#[must_use]
pub fn jsonp_url(url: &str, query: &str, callback_param: &str, callback: &str) -> String {
    jsonp(CallbackName::parse(callback).and_then(|name| request_url(url, query, callback_param, name)))
}

/// The content security policy of the frame that runs the script.
#[wasm_bindgen(js_name = jsonpPolicy)]
#[must_use]
pub fn jsonp_policy(url: &str, hash: &str) -> String {
    jsonp(frame_policy(url, hash))
}

/// The body is text or pairs.
const TEXT: u32 = 1;
/// The page is being left.
const LEAVING: u32 = 2;
/// The body's content type is not safelisted.
const TYPED: u32 = 4;
/// A referrer policy was asked for.
const REFERRER_POLICY: u32 = 8;
/// There is no `sendBeacon` here.
const NO_SEND_BEACON: u32 = 16;

/// The way a beacon goes: 1 image, 2 sendBeacon, 3 fetch with keepalive, 4 fetch without; or why it does not:
/// 17 too large, 18 over budget, 19 unfit. `via` is 0 for auto, else as the first three.
#[wasm_bindgen(js_name = beaconPlan)]
#[must_use]
pub fn beacon_plan(
    via: u32,
    flags: u32,
    body_bytes: f64,
    image_url_bytes: f64,
    max_url_bytes: f64,
    in_flight_bytes: f64,
) -> u32 {
    let outgoing = Outgoing {
        wish: match via {
            1 => Wish::Image,
            2 => Wish::SendBeacon,
            3 => Wish::Fetch,
            _ => Wish::Auto,
        },
        body: match (flags & TYPED, flags & TEXT) {
            (0, 0) => Body::Bytes,
            (0, _) => Body::Text,
            _ => Body::Typed,
        },
        body_bytes: bytes(body_bytes),
        image_url_bytes: bytes(image_url_bytes),
        max_url_bytes: bytes(max_url_bytes),
        in_flight_bytes: bytes(in_flight_bytes),
        leaving: flags & LEAVING != 0,
        own_referrer_policy: flags & REFERRER_POLICY != 0,
        no_send_beacon: flags & NO_SEND_BEACON != 0,
    };
    match outgoing.plan() {
        Ok(Via::Image) => 1,
        Ok(Via::SendBeacon) => 2,
        Ok(Via::Fetch) => 3,
        Ok(Via::PlainFetch) => 4,
        Err(BeaconError::TooLarge) => 17,
        Err(BeaconError::OverBudget) => 18,
        Err(_) => 19,
    }
}

/// The address of an image beacon; `data` is form-urlencoded pairs if `pairs`, else a text.
#[wasm_bindgen(js_name = beaconImageUrl)]
#[must_use]
pub fn beacon_image_url(url: &str, data: &str, pairs: bool) -> String {
    let data = if pairs { ImageData::Pairs(data) } else { ImageData::Text(data) };
    match image_url(url, data) {
        Ok(url) => fine(&[&url]),
        Err(error) => refused(error.code(), error.reason()),
    }
}

/// Whether an event joins a batch: 0 it does, 1 the batch goes first, 2 no batch could hold it.
#[wasm_bindgen(js_name = beaconFits)]
#[must_use]
pub fn beacon_fits(count: u32, event_bytes: f64, next_bytes: f64, max_count: u32, max_bytes: f64) -> u32 {
    let batch = Batch { count, event_bytes: bytes(event_bytes) };
    match batch.fit(bytes(next_bytes), max_count, bytes(max_bytes)) {
        Fit::Fits => 0,
        Fit::FlushFirst => 1,
        Fit::Never => 2,
    }
}

fn invalid_request(error: InvalidRequest) -> String {
    refused(error.code(), error.reason())
}

fn request<'a>(
    url: &'a str,
    method: &'a str,
    headers: &'a str,
    credentials: &str,
    streaming: bool,
) -> Request<'a> {
    let credentials = match credentials {
        "include" => Credentials::Include,
        "omit" => Credentials::Omit,
        _ => Credentials::SameOrigin,
    };
    Request { url, method, headers: Headers::of_lines(headers), credentials, streaming }
}

/// The kind of a request, then the reasons.
#[wasm_bindgen(js_name = classifyCors)]
#[must_use]
pub fn classify_cors(url: &str, page_origin: &str, method: &str, headers: &str, streaming: bool) -> String {
    let request = request(url, method, headers, "", streaming);
    match Page::parse(page_origin).and_then(|page| request.classify(&page)) {
        Ok(class) => {
            let mut answer = fine(&[class.kind.as_str()]);
            push_reasons(&mut answer, "", &class.reasons);
            answer
        }
        Err(error) => invalid_request(error),
    }
}

/// "allowed" or "refused", the code or nothing, then lines of `r` reasons, `e` exposed headers, `m` max-age.
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
    status: u16,
    response_headers: &str,
    preflight_status: u16,
    preflight_headers: &str,
    final_url: &str,
) -> String {
    let exchange = Exchange {
        request: request(url, method, headers, credentials, false),
        response: Response { status, headers: Headers::of_lines(response_headers) },
        preflight: (preflight_status != 0)
            .then(|| Response { status: preflight_status, headers: Headers::of_lines(preflight_headers) }),
        final_url: Some(final_url).filter(|url| !url.is_empty()),
    };
    match Page::parse(page_origin).and_then(|page| exchange.explain(&page)) {
        Ok(told) => {
            let decision = if told.allowed() { "allowed" } else { "refused" };
            let mut answer = fine(&[decision, told.code.map_or("", CorsCode::code)]);
            push_reasons(&mut answer, "r ", &told.reasons);
            for name in &told.exposed {
                answer.push_str("\ne ");
                answer.push_str(name);
            }
            if let Some(seconds) = told.max_age {
                answer.push_str("\nm ");
                push_number(&mut answer, seconds);
            }
            answer
        }
        Err(error) => invalid_request(error),
    }
}

/// The code and the message of a failed fetch, then more reasons. `probe`: 0 not made, 1 answered, 2 failed.
/// `signs`: 1 timed out, 2 redirects were errors, 4 offline, 8 blocked by the page's own policy.
#[wasm_bindgen(js_name = diagnoseCors)]
#[must_use]
#[allow(clippy::too_many_arguments, reason = "an options object would cost a property read each")]
pub fn diagnose_cors(
    url: &str,
    page_origin: &str,
    method: &str,
    headers: &str,
    streaming: bool,
    credentials: &str,
    probe: u32,
    signs: u32,
) -> String {
    let request = request(url, method, headers, credentials, streaming);
    let signs = Symptoms {
        probe: match probe {
            1 => Probe::Answered,
            2 => Probe::Failed,
            _ => Probe::NotMade,
        },
        timed_out: signs & 1 != 0,
        redirect_error: signs & 2 != 0,
        offline: signs & 4 != 0,
        blocked_by_policy: signs & 8 != 0,
    };
    match Page::parse(page_origin).and_then(|page| request.diagnose(&page, &signs)) {
        Ok(told) => {
            let mut answer = fine(&[told.code.code()]);
            push_reasons(&mut answer, "", &told.reasons);
            answer
        }
        Err(error) => invalid_request(error),
    }
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
