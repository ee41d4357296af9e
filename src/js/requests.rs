//! The one-shot transports' border: texts and numbers in, one text out.
//!
//! An answer is a text of lines. The first is empty, or it is an error's code and the second its message.
//! Structured values go in the same way, so no object crosses and no error is thrown.

#![allow(unreachable_pub, reason = "what wasm-bindgen exports has to be public")]

use alloc::string::String;

use wasm_bindgen::prelude::wasm_bindgen;

use super::answer::{fine, refused};
use super::cors::{invalid_request, request};
use crate::requests::beacon::{Batch, BeaconError, Body, Fit, ImageData, Outgoing, Via, Wish, image_url};
use crate::requests::cors::{Page, Probe, Symptoms};
use crate::requests::jsonp::{CallbackName, JsonpError, frame_policy, request_url};

/// A size that JavaScript counted. Fractions are dropped; what is no size becomes the nearest one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn bytes(size: f64) -> u32 {
    size as u32
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

/// The kind of a request, then the reasons.
#[wasm_bindgen(js_name = classifyCors)]
#[must_use]
pub fn classify_cors(url: &str, page_origin: &str, method: &str, headers: &str, streaming: bool) -> String {
    let request = request(url, method, headers, "", streaming);
    match Page::parse(page_origin).and_then(|page| request.classify(page)) {
        Ok(class) => ["\n", class.kind.as_str(), class.reasons.lines()].concat(),
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
    match Page::parse(page_origin).and_then(|page| request.diagnose(page, &signs)) {
        Ok(told) => ["\n", told.code.code(), told.reasons.lines()].concat(),
        Err(error) => invalid_request(error),
    }
}
