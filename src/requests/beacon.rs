//! Beacons: which way one goes, how it is written into an address, how a server reads it.
//!
//! A beacon is never known to be delivered; only a refusal is known. Engines differ in what they refuse
//! (Firefox sends 8 MiB, Chromium stops at 64 KiB), so the budget here is the package's own.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::form;
use super::url::{HttpUrl, UrlError};

/// Sum of the bodies that may be on their way with keepalive, in bytes.
///
/// Spec: <https://fetch.spec.whatwg.org/#http-network-or-cache-fetch>
pub const KEEPALIVE_BYTES: u32 = 65_536;

/// Largest body a server reads as a beacon, in bytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// How the caller wants a beacon to go.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the list is the browsers'")]
pub enum Wish {
    /// Whatever fits.
    #[default]
    Auto,
    /// `fetch` with keepalive.
    Fetch,
    /// The address of an image.
    Image,
    /// `navigator.sendBeacon`.
    SendBeacon,
}

/// What a beacon carries.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// Bytes, or a form with files: cannot be written into an address.
    Bytes,
    /// Text or pairs.
    #[default]
    Text,
    /// A content type that is not CORS-safelisted: across origins the browser asks first.
    Typed,
}

/// One beacon before it goes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers fill it in; a new rule is a new field they must know of"
)]
pub struct Outgoing {
    /// How it shall go.
    pub wish: Wish,
    /// What it carries.
    pub body: Body,
    /// Size of the body, in bytes. Here and below 4 GiB and more count as the largest number.
    pub body_bytes: u32,
    /// Length of the address with the data in it, in bytes.
    pub image_url_bytes: u32,
    /// Longest address that is sent, in bytes.
    pub max_url_bytes: u32,
    /// Keepalive bodies still on their way, in bytes.
    pub in_flight_bytes: u32,
    /// The page is being left: only what outlives it counts.
    pub leaving: bool,
    /// A referrer policy was asked for; `sendBeacon` has none.
    pub own_referrer_policy: bool,
    /// There is no `sendBeacon` here (a worker).
    pub no_send_beacon: bool,
}

/// The way a beacon goes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Via {
    /// `fetch` with keepalive.
    Fetch,
    /// The address of an image.
    Image,
    /// `fetch` without keepalive: no size limit, but it ends with the page.
    PlainFetch,
    /// `navigator.sendBeacon`.
    SendBeacon,
}

/// Why a beacon does not go.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum BeaconError {
    /// The address is none.
    BadUrl(UrlError),
    /// A server was sent a beacon that it cannot read.
    Malformed,
    /// The other keepalive bodies leave no room now.
    OverBudget,
    /// It fits no budget, not even an empty one.
    TooLarge,
    /// The way asked for cannot carry this body or keep this referrer policy.
    Unfit,
}

impl BeaconError {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OverBudget | Self::TooLarge => "beacon/too-large",
            Self::BadUrl(_) | Self::Malformed | Self::Unfit => "beacon/invalid",
        }
    }

    /// What is wrong, as the end of a sentence that begins with the beacon or its address.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadUrl(error) => error.reason(),
            Self::Malformed => "cannot be read",
            Self::OverBudget => "has no room beside the beacons on their way",
            Self::TooLarge => "is larger than any way carries",
            Self::Unfit => "cannot go the way asked for",
        }
    }
}

impl fmt::Display for BeaconError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for BeaconError {}

impl Outgoing {
    /// Chooses the way.
    ///
    /// Left to itself a beacon takes keepalive while its budget lasts, because only that outlives the
    /// page; then a plain request if the page stays, else an image's address.
    ///
    /// # Errors
    ///
    /// `OverBudget`, `TooLarge`, and `Unfit` for a way asked for that cannot do it.
    pub fn plan(&self) -> Result<Via, BeaconError> {
        match self.wish {
            Wish::Image => self.as_image().map(|()| Via::Image),
            Wish::Fetch => self.within_budget().map(|()| Via::Fetch),
            Wish::SendBeacon if self.no_send_beacon || self.own_referrer_policy => Err(BeaconError::Unfit),
            Wish::SendBeacon => self.within_budget().map(|()| Via::SendBeacon),
            Wish::Auto => match self.within_budget() {
                // A `sendBeacon` that needs a preflight reports success even when it was refused.
                Ok(()) if self.body == Body::Typed => Ok(Via::Fetch),
                Ok(()) if self.no_send_beacon || self.own_referrer_policy => Ok(Via::Fetch),
                Ok(()) => Ok(Via::SendBeacon),
                Err(_) if !self.leaving => Ok(Via::PlainFetch),
                Err(error) => self.as_image().map(|()| Via::Image).map_err(|_| error),
            },
        }
    }

    const fn within_budget(&self) -> Result<(), BeaconError> {
        if self.body_bytes > KEEPALIVE_BYTES {
            Err(BeaconError::TooLarge)
        } else if self.body_bytes.saturating_add(self.in_flight_bytes) > KEEPALIVE_BYTES {
            Err(BeaconError::OverBudget)
        } else {
            Ok(())
        }
    }

    const fn as_image(&self) -> Result<(), BeaconError> {
        if !matches!(self.body, Body::Text) {
            Err(BeaconError::Unfit)
        } else if self.image_url_bytes > self.max_url_bytes {
            Err(BeaconError::TooLarge)
        } else {
            Ok(())
        }
    }
}

/// What a beacon carries into the address of an image.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ImageData<'a> {
    /// Pairs, already form-urlencoded.
    Pairs(&'a str),
    /// A text, which travels as the parameter `data`.
    Text(&'a str),
}

/// Name of the parameter that carries a text in an image's address.
pub const TEXT_PARAMETER: &str = "data";

/// The address of an image beacon.
///
/// # Errors
///
/// `BadUrl`.
pub fn image_url(url: &str, data: ImageData<'_>) -> Result<String, BeaconError> {
    let address = HttpUrl::parse(url).map_err(BeaconError::BadUrl)?;
    let mut query = String::new();
    match data {
        ImageData::Pairs(pairs) => query.push_str(pairs),
        ImageData::Text(text) => form::push_pair(&mut query, TEXT_PARAMETER, text),
    }
    Ok(address.with_query(&query))
}

/// Events gathered into one beacon: the JSON array of their texts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "two counts, both the caller's")]
pub struct Batch {
    /// How many events it holds.
    pub count: u32,
    /// Sum of the lengths of their texts, in bytes.
    pub event_bytes: u32,
}

/// What becomes of an event that is about to join a [`Batch`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Fit {
    /// It joins.
    Fits,
    /// The batch goes first.
    FlushFirst,
    /// No batch could hold it.
    Never,
}

impl Batch {
    /// Length of the batch as a JSON array, in bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        let commas = self.count.saturating_sub(1);
        self.event_bytes.saturating_add(commas).saturating_add(2)
    }

    /// Whether an event of this length joins. `max_bytes` is never more than [`KEEPALIVE_BYTES`].
    #[must_use]
    pub fn fit(self, event_bytes: u32, max_count: u32, max_bytes: u32) -> Fit {
        let max_bytes = max_bytes.min(KEEPALIVE_BYTES);
        let alone = Self { count: 1, event_bytes };
        let joined = Self {
            count: self.count.saturating_add(1),
            event_bytes: self.event_bytes.saturating_add(event_bytes),
        };
        if alone.bytes() > max_bytes || max_count == 0 {
            Fit::Never
        } else if joined.bytes() > max_bytes || joined.count > max_count {
            Fit::FlushFirst
        } else {
            Fit::Fits
        }
    }
}

/// A beacon as a server got it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers fill it in; a new rule is a new field they must know of"
)]
pub struct Arrival<'a> {
    /// The method: GET for an image, POST for the others.
    pub method: &'a str,
    /// The query without its question mark.
    pub query: Option<&'a str>,
    /// The value of `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// What a beacon said.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Payload {
    /// Nothing: that it came is the message.
    Empty,
    /// Decoded pairs in their order.
    Fields(Vec<(String, String)>),
    /// A text: a batch is the JSON array of its events.
    Text(String),
}

/// Reads a beacon: an image's query, or a body of text, JSON or form-urlencoded pairs.
///
/// Browsers send bytes and forms with files as well. Those (`application/octet-stream`, no UTF-8,
/// `multipart/form-data`) are for a reader of their own, as their size and form are the application's.
///
/// # Errors
///
/// `TooLarge` above [`MAX_BODY_BYTES`], `Malformed` for another method, another content type, or text
/// that is not UTF-8.
pub fn decode(arrival: &Arrival<'_>) -> Result<Payload, BeaconError> {
    match arrival.method {
        "GET" | "HEAD" => {
            let fields = fields(arrival.query.unwrap_or(""));
            Ok(match fields.as_slice() {
                [] => Payload::Empty,
                [(name, text)] if name == TEXT_PARAMETER => Payload::Text(text.clone()),
                _ => Payload::Fields(fields),
            })
        }
        "POST" if arrival.body.len() > MAX_BODY_BYTES => Err(BeaconError::TooLarge),
        "POST" if arrival.body.is_empty() => Ok(Payload::Empty),
        "POST" => {
            let text = core::str::from_utf8(arrival.body).map_err(|_| BeaconError::Malformed)?;
            let essence = super::mime::essence(arrival.content_type.unwrap_or("text/plain"));
            match essence.as_deref() {
                Some("application/x-www-form-urlencoded") => Ok(Payload::Fields(fields(text))),
                Some("text/plain" | "application/json") => Ok(Payload::Text(text.to_owned())),
                _ => Err(BeaconError::Malformed),
            }
        }
        _ => Err(BeaconError::Malformed),
    }
}

fn fields(text: &str) -> Vec<(String, String)> {
    form::pairs(text).map(|(name, value)| (form::decode(name), form::decode(value))).collect()
}
