//! The channel's border: numbers in, numbers out; values stay in JavaScript.

#![allow(unreachable_pub, reason = "what wasm-bindgen exports has to be public")]

use alloc::string::String;
use alloc::vec::Vec;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::channel::error::{FailCode, Misbehaviour, NotSent};
use crate::channel::{Arrival, Call, Config, Limits, Link, Millis, Nonce, Peer};
use crate::origin::{AllowList, Origin, OriginError, OriginPattern};

/// The kind of peer is a port.
const PORT: u32 = 2;
/// The kind of peer is a window with an opaque origin.
const OPAQUE: u32 = 1;
/// The call may be carried out twice.
const IDEMPOTENT: u32 = 1;

/// 0 for an entry of an allow-list that is well-formed, else the number of the origin error.
#[wasm_bindgen(js_name = patternError)]
#[must_use]
pub fn pattern_error(text: &str, any_origin: bool) -> u32 {
    if any_origin && text == "*" {
        return 0;
    }
    OriginPattern::parse(text).map_or_else(OriginError::number, |_| 0)
}

/// Whether a text is an origin in canonical form.
#[wasm_bindgen(js_name = canonicalOrigin)]
#[must_use]
pub fn canonical_origin(text: &str) -> bool {
    Origin::parse(text).is_ok()
}

/// Whether an allow-list, one entry on a line, allows an origin.
#[wasm_bindgen]
#[must_use]
pub fn allows(patterns: &str, any_origin: bool, origin: &str) -> bool {
    let list = allow_list(patterns, any_origin);
    Origin::parse(origin).is_ok_and(|origin| list.allows(&origin))
}

/// A channel's state machine. The facade's `internal/border.ts` is its only user.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawLink {
    link: Link<()>,
    /// Operations handed out by the last `poll`.
    words: Vec<u32>,
    /// The header words of the message that is handed in next.
    inbox: Vec<u32>,
}

#[wasm_bindgen]
impl RawLink {
    /// `kind`: 0 a window, 1 an opaque window, 2 a port. Patterns stand one on a line.
    #[wasm_bindgen(constructor)]
    #[must_use]
    #[allow(clippy::too_many_arguments, reason = "an options object would cost a property read each")]
    pub fn new(
        now: f64,
        kind: u32,
        own_null: bool,
        patterns: &str,
        name: &str,
        shared_nonce: &str,
        any_origin: bool,
        timeout_ms: f64,
        heartbeat_ms: f64,
        call_timeout_ms: f64,
        pending_calls: u32,
        queued_bytes: f64,
        messages_per_second: u32,
        reconnect: bool,
    ) -> Self {
        let mut limits = Limits::default();
        limits.pending_calls = pending_calls;
        limits.queued_bytes = size(queued_bytes);
        limits.messages_per_second = messages_per_second;
        limits.connect = millis(timeout_ms).zero_is_never();
        limits.heartbeat = millis(heartbeat_ms).zero_is_never();
        limits.call = millis(call_timeout_ms).zero_is_never();
        let config = Config {
            peer: match kind {
                PORT => Peer::Port,
                OPAQUE => Peer::Opaque,
                _ => Peer::Window,
            },
            own_opaque: own_null,
            allowed: allow_list(patterns, any_origin),
            name: String::from(name),
            shared_nonce: String::from(shared_nonce),
            limits,
            reconnect,
        };
        Self { link: Link::new(millis(now), config), words: Vec::new(), inbox: Vec::new() }
    }

    /// Hands out the operations written since the last time: how many words. They stay where `outAt`
    /// says until the next `poll`.
    pub fn poll(&mut self, _now: f64) -> usize {
        self.link.poll(&mut self.words);
        self.words.len()
    }

    /// Where the words of the last `poll` are.
    #[wasm_bindgen(js_name = outAt)]
    #[must_use]
    pub fn out_at(&self) -> *const u32 {
        self.words.as_ptr()
    }

    /// Where to write the header words of a message before `receive`.
    pub fn inbox(&mut self, words: usize) -> *mut u32 {
        self.inbox.resize(words, 0);
        self.inbox.as_mut_ptr()
    }

    /// Takes a port's message whose `n` header words stand in the inbox.
    pub fn receive(&mut self, now: f64, port: u32, seq: u32, ack: u32, n: usize, values: u32) {
        let words = self.inbox.get(..n).unwrap_or(&self.inbox);
        self.link.receive(millis(now), port, seq, ack, words, values);
    }

    /// `messageerror` on a port.
    pub fn lost(&mut self, now: f64, port: u32) {
        self.link.lost(millis(now), port);
    }

    /// The number of the peer's window or gate; 0 for none.
    pub fn bind(&mut self, window: u32) {
        self.link.bind(window);
    }

    /// The origin that the peer's page probably has.
    pub fn hint(&mut self, origin: &str) {
        self.link.hint(origin);
    }

    /// Posts the next greeting at once.
    pub fn greet(&mut self, now: f64) {
        self.link.greet(millis(now));
    }

    /// 128 random bits.
    pub fn entropy(&mut self, a: u32, b: u32, c: u32, d: u32) {
        self.link.entropy(Nonce([a, b, c, d]));
    }

    /// Whether `entropy` should be called.
    #[wasm_bindgen(js_name = wantsEntropy)]
    #[must_use]
    pub fn wants_entropy(&self) -> bool {
        self.link.wants_entropy()
    }

    /// Takes a greeting.
    #[allow(clippy::too_many_arguments, reason = "an object would cost a property read each")]
    pub fn arrive(
        &mut self,
        now: f64,
        trusted: bool,
        source: u32,
        origin: &str,
        version: u32,
        name: &str,
        kind: u32,
        mine: &str,
        yours: &str,
        shared: &str,
        has_port: bool,
    ) {
        let arrival = Arrival { trusted, source, origin, version, name, kind, mine, yours, shared, has_port };
        self.link.arrive(millis(now), &arrival);
    }

    /// The time of the last Wake has come.
    pub fn wake(&mut self, now: f64) {
        self.link.wake(millis(now));
    }

    /// The peer's window or worker is gone.
    #[wasm_bindgen(js_name = peerGone)]
    pub fn peer_gone(&mut self, _now: f64) {
        self.link.peer_gone();
    }

    /// This page goes to sleep.
    pub fn suspend(&mut self, _now: f64) {
        self.link.suspend();
    }

    /// This page is back.
    pub fn resume(&mut self, now: f64) {
        self.link.resume(millis(now));
    }

    /// This page is being unloaded.
    pub fn leave(&mut self, _now: f64) {
        self.link.leave();
    }

    /// A value of the peer breaks the protocol.
    pub fn violation(&mut self, _now: f64, code: u32) {
        self.link.violation(Misbehaviour::from_number(code).unwrap_or(Misbehaviour::Value));
    }

    /// The id of a new name.
    pub fn intern(&mut self, now: f64) -> f64 {
        or_negative(self.link.intern(millis(now)))
    }

    /// Adds a live value to the next body.
    pub fn live(&mut self, kind: u32, id: u32) {
        self.link.live(kind, id);
    }

    /// Drops the live values of a body that will not be sent.
    #[wasm_bindgen(js_name = clearLives)]
    pub fn clear_lives(&mut self) {
        self.link.clear_lives();
    }

    /// Calls; a negative timeout is the channel's own, 0 is none.
    #[allow(clippy::too_many_arguments, reason = "an object would cost a property read each")]
    pub fn call(
        &mut self,
        now: f64,
        target: u32,
        is_export: bool,
        argc: u32,
        lives: u32,
        bytes: f64,
        timeout_ms: f64,
        flags: u32,
    ) -> f64 {
        self.expect_lives(lives);
        let timeout = (timeout_ms >= 0.0).then(|| millis(timeout_ms).zero_is_never());
        let idempotent = flags & IDEMPOTENT != 0;
        let call = Call { target, is_export, argc, bytes: size(bytes), timeout, idempotent };
        or_negative(self.link.call(millis(now), &call, []))
    }

    /// Calls without waiting for an answer.
    pub fn notify(
        &mut self,
        _now: f64,
        target: u32,
        is_export: bool,
        argc: u32,
        lives: u32,
        bytes: f64,
    ) -> i32 {
        self.expect_lives(lives);
        or_code(self.link.notify(target, is_export, argc, size(bytes), []))
    }

    /// Emits an event.
    pub fn emit(&mut self, _now: f64, topic: u32, count: u32, retain: bool, lives: u32, bytes: f64) -> i32 {
        self.expect_lives(lives);
        or_code(self.link.emit(topic, count, retain, size(bytes), []))
    }

    /// Answers an Invoke.
    pub fn reply(&mut self, _now: f64, id: u32, count: u32, lives: u32, bytes: f64) -> i32 {
        self.expect_lives(lives);
        or_code(self.link.reply(id, count, size(bytes), []))
    }

    /// Answers an Invoke with a failure.
    pub fn fail(&mut self, _now: f64, id: u32, code: u32, count: u32, bytes: f64) -> i32 {
        let code = FailCode::from_peer(code).unwrap_or(FailCode::Threw);
        or_code(self.link.fail(id, code, count, size(bytes), []))
    }

    /// Gives a call up.
    pub fn cancel(&mut self, _now: f64, id: u32, count: u32) -> i32 {
        or_code(self.link.cancel(id, count, []))
    }

    /// The id of a new export.
    #[wasm_bindgen(js_name = exportValue)]
    pub fn export_value(&mut self) -> f64 {
        or_negative(self.link.export())
    }

    /// Takes back an export that never crossed.
    pub fn unexport(&mut self, id: u32) {
        self.link.unexport(id);
    }

    /// Gives back what the peer has lent.
    #[wasm_bindgen(js_name = releaseImport)]
    pub fn release_import(&mut self, id: u32) {
        self.link.release_import(id);
    }

    /// A signal that the peer holds has aborted.
    #[wasm_bindgen(js_name = abortExport)]
    pub fn abort_export(&mut self, id: u32, count: u32) -> i32 {
        or_code(self.link.abort_export(id, count, []))
    }

    /// The id of a new stream.
    #[wasm_bindgen(js_name = openStream)]
    pub fn open_stream(&mut self) -> f64 {
        or_negative(self.link.open_stream())
    }

    /// Sends an item: the credit left, or NaN if it was not taken.
    pub fn item(&mut self, stream: u32, count: u32, lives: u32, bytes: f64) -> f64 {
        self.expect_lives(lives);
        #[allow(clippy::cast_precision_loss, reason = "only its sign and rough size matter")]
        self.link.item(stream, count, size(bytes), []).map_or(f64::NAN, |credit| credit as f64)
    }

    /// Ends a stream of this side.
    pub fn end(&mut self, stream: u32, count: u32) -> i32 {
        or_code(self.link.end_stream(stream, count, []))
    }

    /// Breaks a stream of this side.
    pub fn reset(&mut self, stream: u32, count: u32) -> i32 {
        or_code(self.link.reset_stream(stream, count, []))
    }

    /// Gives a stream of the peer its first credit.
    pub fn grant(&mut self, stream: u32, bytes: f64) {
        self.link.grant(stream, size(bytes));
    }

    /// Items of this cost were read.
    pub fn consumed(&mut self, stream: u32, cost: f64) {
        self.link.consumed(stream, size(cost));
    }

    /// Leaves a stream of the peer.
    pub fn stop(&mut self, stream: u32, count: u32) -> i32 {
        or_code(self.link.stop_stream(stream, count, []))
    }

    /// Frames that the peer has not yet taken.
    #[must_use]
    pub fn buffered(&self) -> f64 {
        f64::from(self.link.buffered())
    }

    /// Asks the peer which frames it has taken.
    pub fn probe(&mut self, _now: f64) {
        self.link.probe();
    }

    /// Whether frames wait for `flush`.
    #[must_use]
    pub fn dirty(&self) -> bool {
        self.link.is_dirty()
    }

    /// Keeps what waits and what follows out of one message.
    pub fn cut(&mut self) {
        self.link.cut();
    }

    /// `postMessage` threw for this message; one without frames was posted in its place.
    pub fn unsent(&mut self, _now: f64, port: u32, seq: u32) {
        self.link.unsent(port, seq);
    }

    /// Asks the peer at once whether it still lives.
    pub fn ping(&mut self, now: f64) {
        self.link.ping_now(millis(now));
    }

    /// Sends what waits.
    pub fn flush(&mut self, now: f64) {
        self.link.flush(millis(now));
    }

    /// Ends the channel.
    pub fn close(&mut self, _now: f64, count: u32) -> i32 {
        or_code(self.link.close(count, []))
    }

    /// A body without live values must not carry those of a walk that failed.
    fn expect_lives(&mut self, lives: u32) {
        if lives == 0 {
            self.link.clear_lives();
        }
    }
}

/// The entries of a list, one on a line. The facade has named a bad one before; here it allows nothing.
fn allow_list(mut patterns: &str, any_origin: bool) -> AllowList {
    let entries = core::iter::from_fn(|| {
        if patterns.is_empty() {
            return None;
        }
        // By bytes: a `str` pattern would bring a searcher into the slice.
        let end = patterns.bytes().position(|b| b == b'\n').unwrap_or(patterns.len());
        let (entry, rest) = patterns.split_at_checked(end)?;
        patterns = rest.strip_prefix('\n').unwrap_or(rest);
        Some(entry)
    });
    AllowList::parse(entries, any_origin).unwrap_or_default()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
const fn millis(time: f64) -> Millis {
    Millis(time as u64)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
const fn size(bytes: f64) -> u32 {
    bytes as u32
}

fn or_negative(id: Result<u32, NotSent>) -> f64 {
    id.map_or_else(|why| f64::from(why.number()), f64::from)
}

fn or_code(sent: Result<(), NotSent>) -> i32 {
    sent.map_or_else(NotSent::number, |()| 0)
}
