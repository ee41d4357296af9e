//! The one-shot transports' border: texts and numbers in, one text out.
//!
//! An answer is a text of lines. The first is empty, or it is an error's code and the second its message.
//! Structured values go in the same way, so no object crosses and no error is thrown. One export takes all
//! questions that are texts: a wrapper and its glue for each would be larger than the rules.

#![allow(unreachable_pub, reason = "what wasm-bindgen exports has to be public")]

use alloc::string::String;

use wasm_bindgen::prelude::wasm_bindgen;

use super::answer::{fine, refused};
use crate::requests::beacon::{Batch, BeaconError, Body, Fit, Outgoing, Via, Wish};
use crate::requests::cors::{CorsCode, Credentials, Headers, InvalidRequest, Page, Probe, Request, Symptoms};
use crate::requests::jsonp::{JsonpError, is_parameter, policy_for};
use crate::requests::{HttpUrl, UrlError};
use crate::text::cut;

/// Answers a question. The platform's parsers have written the addresses, queries and headers in it.
///
/// `text` has the fields of the question in lines, the last one with all that is left:
///
/// | `question` | `bits` | fields | answer |
/// |---|---|---|---|
/// | 0 image beacon | | address, query | address |
/// | 1 JSONP | 1 isolated | address, parameter, hash, query | address, the frame's policy |
/// | 2 CORS foreseen | 1 streaming | address, page, method, headers | kind, reasons |
/// | 3 CORS looked into | as `symptoms` and `request` have them | as 2 | code, reasons |
#[wasm_bindgen]
#[must_use]
pub fn ask(question: u32, bits: u32, text: &str) -> String {
    let mut fields = text;
    let mut field = || {
        let (field, rest) = cut(fields, b'\n').unwrap_or((fields, ""));
        fields = rest;
        field
    };
    let url = field();
    let (code, answer) = match question {
        0 => (BeaconError::Unfit.code(), image_url(url, fields)),
        1 => (JsonpError::BadCallback.code(), jsonp(url, field(), field(), fields, bits)),
        _ => {
            let (page, method) = (field(), field());
            (CorsCode::Invalid.code(), cors(&request(url, method, fields, bits), page, question, bits))
        }
    };
    answer.unwrap_or_else(|reason| refused(code, reason))
}

/// An answer, or the reason of a refusal. Only a text that is chosen where it is given is in the module.
type Answer = Result<String, &'static str>;

fn image_url(url: &str, query: &str) -> Answer {
    let address = HttpUrl::parse(url).map_err(UrlError::reason)?;
    Ok(fine(&[&address.with_query(query)]))
}

fn jsonp(url: &str, parameter: &str, hash: &str, query: &str, bits: u32) -> Answer {
    let address = HttpUrl::parse(url).map_err(UrlError::reason)?;
    if !is_parameter(parameter) {
        return Err(JsonpError::BadParameter.reason());
    }
    let policy = if bits & 1 == 0 {
        String::new()
    } else {
        policy_for(&address, hash).ok_or(JsonpError::HostWithoutPolicy.reason())?
    };
    Ok(fine(&[&address.with_query(query), &policy]))
}

/// Bit 1: the body is a stream. Bits 2 and 4: credentials always, never.
fn request<'a>(url: &'a str, method: &'a str, headers: &'a str, bits: u32) -> Request<'a> {
    let credentials = match bits & 0b110 {
        0b010 => Credentials::Include,
        0b100 => Credentials::Omit,
        _ => Credentials::SameOrigin,
    };
    Request { url, method, headers: Headers::of_lines(headers), credentials, streaming: bits & 1 != 0 }
}

/// Bits 8 and 16: the probe answered, failed; both: it was redirected. Then 32 timed out, 64 redirects were errors, 128 offline,
/// 256 blocked by the page's own policy.
const fn symptoms(bits: u32) -> Symptoms {
    Symptoms {
        probe: match bits & 0b1_1000 {
            0b0_1000 => Probe::Answered,
            0b1_0000 => Probe::Failed,
            0b1_1000 => Probe::Redirected,
            _ => Probe::NotMade,
        },
        timed_out: bits & 32 != 0,
        redirect_error: bits & 64 != 0,
        offline: bits & 128 != 0,
        blocked_by_policy: bits & 256 != 0,
    }
}

fn cors(request: &Request<'_>, page: &str, question: u32, bits: u32) -> Answer {
    let page = Page::parse(page).map_err(reason)?;
    if question == 2 {
        let class = request.classify_known(page).map_err(reason)?;
        return Ok(["\n", class.kind.as_str(), class.reasons.lines()].concat());
    }
    let told = request.diagnose_known(page, symptoms(bits)).map_err(reason)?;
    Ok(["\n", told.code.code(), told.reasons.lines()].concat())
}

/// The platform has checked the headers, so what may be wrong with them is not among the texts.
const fn reason(error: InvalidRequest) -> &'static str {
    match error {
        InvalidRequest::BadMethod => InvalidRequest::BadMethod.reason(),
        InvalidRequest::BadUrl(error) => error.reason(),
        InvalidRequest::ForbiddenMethod => InvalidRequest::ForbiddenMethod.reason(),
        _ => InvalidRequest::BadPage.reason(),
    }
}

/// A size that JavaScript counted. Fractions are dropped; what is no size becomes the nearest one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn bytes(size: f64) -> u32 {
    size as u32
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
