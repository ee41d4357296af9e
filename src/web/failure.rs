//! What a failure is called, for whoever waits for a call or a channel.

use alloc::{format, string::String};

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use super::error::{Error, Thrown};
use crate::channel::error::{FailCode, Misbehaviour};

/// The error of a call that has no answer.
pub(super) fn failed(method: &str, peer: &str, code: FailCode) -> Error {
    Error::new(code.code(), format!("the call of \"{method}\" at {peer} {}", what_failed(code)))
}

/// The error of a handler, from its record `[class, name, message, props]`.
pub(super) fn threw(method: &str, reason: &JsValue) -> Error {
    let part = |value: &JsValue, at| {
        value.dyn_ref::<Array>().map(|array| array.get(at)).and_then(|part| part.as_string())
    };
    let value = reason.dyn_ref::<Array>().map_or(JsValue::UNDEFINED, |reason| reason.get(0));
    let thrown = match (part(&value, 1), part(&value, 2)) {
        (Some(name), Some(message)) => Thrown { name, message },
        _ => Thrown::new(value.as_string().unwrap_or_default()),
    };
    let mut error =
        Error::new(FailCode::Threw.code(), format!("{method} threw {}: {}", thrown.name, thrown.message));
    error.thrown = Some(thrown);
    error
}

/// What the peer says of a result that cannot cross, `[[path, why], paths]`: to be put behind the message.
pub(super) fn why_not_cloneable(reason: &JsValue) -> String {
    let first = |value: &JsValue, at| value.dyn_ref::<Array>().map(|array| array.get(at));
    let why = first(reason, 0).and_then(|told| first(&told, 1)).and_then(|why| why.as_string());
    why.map_or_else(String::new, |why| format!(": {why}"))
}

/// What a peer did wrong.
pub(super) const fn what_was_wrong(misbehaviour: Misbehaviour) -> &'static str {
    match misbehaviour {
        Misbehaviour::Malformed => "a malformed message",
        Misbehaviour::Sequence => "a gap in the sequence of messages",
        Misbehaviour::Ack => "an acknowledgement of what was never sent",
        Misbehaviour::Rate => "more messages than limits.messages_per_second",
        Misbehaviour::Opening => "a second opening",
        Misbehaviour::WrongEcho => "an opening with another nonce",
        Misbehaviour::UnknownName => "a name that was never told",
        Misbehaviour::ReusedId => "an id that is in use",
        Misbehaviour::Credit => "a stream item without credit",
        Misbehaviour::TooMany => "more live values than a channel holds",
        Misbehaviour::Release => "a release of what was never lent",
        Misbehaviour::Value => "a body that does not fit its frame",
        Misbehaviour::Depth => "a value nested deeper than bodies.depth",
        Misbehaviour::NameLength => "a name longer than bodies.name_length",
    }
}

const fn what_failed(code: FailCode) -> &'static str {
    match code {
        FailCode::MethodNotFound => "found no such method: give it in the peer's methods",
        FailCode::Denied => "was denied by the peer's authorize",
        FailCode::Busy => "met a limit: wait for answers before calling again",
        FailCode::Invalid => "did not fit the peer's schema",
        FailCode::NotCloneable => "had a value that cannot cross",
        FailCode::Aborted => "was cancelled",
        FailCode::TimedOut => "was not answered in time",
        FailCode::PeerGone => "was lost: the peer has gone",
        FailCode::ChannelClosed => "was ended: this side closed the channel",
        FailCode::Protocol => "was ended: the peer broke the protocol",
        FailCode::Threw => "threw",
    }
}
