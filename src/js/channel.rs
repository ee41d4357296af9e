//! The channel's border: numbers in, numbers out; values stay in JavaScript.

#![allow(unreachable_pub, reason = "what wasm-bindgen exports has to be public")]

use alloc::string::String;
use alloc::vec::Vec;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::channel::error::{FailCode, Misbehaviour, NotSent};
use crate::channel::limits::TAKES_ALL;
use crate::channel::ops::Method;
use crate::channel::{Arrival, Call, Config, Limits, Link, Millis, Nonce, Peer, saturated};
use crate::origin::{AllowList, OriginError, OriginPattern};
use crate::text::pieces;

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

/// Whether an allow-list, one entry on a line, allows an origin.
#[wasm_bindgen]
#[must_use]
pub fn allows(patterns: &str, any_origin: bool, origin: &str) -> bool {
    allow_list(patterns, any_origin).admits(origin)
}

/// A channel's state machine. The facade's `internal/border.ts` and `internal/driver.ts` use it.
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
        pending_calls: f64,
        queued_bytes: f64,
        messages_per_second: f64,
        reconnect: bool,
    ) -> Self {
        let limits = Limits {
            // A limit may be Infinity, which a conversion to 32 bits takes for zero.
            pending_calls: saturated(pending_calls),
            queued_bytes: saturated(queued_bytes),
            messages_per_second: saturated(messages_per_second),
            connect: Millis::limit(timeout_ms),
            heartbeat: Millis::limit(heartbeat_ms),
            call: Millis::limit(call_timeout_ms),
        };
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
            takes: TAKES_ALL,
        };
        Self { link: Link::new(Millis::read(now), config), words: Vec::new(), inbox: Vec::new() }
    }

    /// The origin that the peer's page probably has.
    pub fn hint(&mut self, origin: &str) {
        self.link.hint(origin);
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
        self.link.arrive(Millis::read(now), &arrival);
    }

    /// Every other method, by its number: one export costs a tenth of the bytes of forty. What the
    /// arguments are, and what comes back, stands at each [`Method`].
    #[allow(clippy::too_many_arguments, reason = "the method with the most has eight")]
    #[allow(clippy::many_single_char_names, reason = "what they are depends on the method")]
    #[allow(clippy::too_many_lines, reason = "one arm for each method")]
    pub fn run(
        &mut self,
        method: u32,
        a: f64,
        b: u32,
        c: u32,
        d: u32,
        e: u32,
        f: u32,
        g: f64,
        h: u32,
    ) -> f64 {
        let Some(method) = Method::from_number(method) else { return f64::NAN };
        let Self { link, words, inbox } = self;
        // The first argument is the time or a number; converted once, not in each arm.
        let (now, first) = (Millis::read(a), saturated(a));
        let sent = match method {
            Method::Poll => {
                link.poll(now, words);
                return count(words.len());
            }
            Method::OutAt => return count(words.as_ptr().addr()),
            Method::Inbox => {
                inbox.resize(first as usize, 0);
                return count(inbox.as_ptr().addr());
            }
            Method::Receive => {
                let header = inbox.get(..e as usize).unwrap_or(inbox);
                link.receive(now, b, c, d, header, f);
                Ok(())
            }
            Method::Flush => {
                link.flush(now);
                Ok(())
            }
            Method::Intern => return or_negative(link.intern(now)),
            Method::Live => return f64::from(u8::from(link.live(first, b))),
            Method::ClearLives => {
                link.clear_lives();
                Ok(())
            }
            Method::Call => {
                expect_lives(link, e);
                let call = Call {
                    target: b,
                    is_export: c != 0,
                    argc: d,
                    bytes: f,
                    timeout: (g >= 0.0).then(|| Millis::limit(g)),
                    idempotent: h & IDEMPOTENT != 0,
                };
                return or_negative(link.call(now, &call, []));
            }
            Method::Notify => {
                expect_lives(link, e);
                link.notify(b, c != 0, d, f, [])
            }
            Method::Emit => {
                expect_lives(link, e);
                link.emit(b, c, d != 0, f, [])
            }
            Method::Reply => {
                expect_lives(link, d);
                link.reply(b, c, e, [])
            }
            Method::Fail => {
                let code = FailCode::from_peer(c).unwrap_or(FailCode::Threw);
                link.fail(b, code, d, e, [])
            }
            Method::Cancel => link.cancel(b, c, []),
            Method::ExportValue => return or_negative(link.export()),
            Method::ReleaseImport => {
                link.release_import(first);
                Ok(())
            }
            Method::AbortExport => link.abort_export(first, b, []),
            Method::OpenStream => return or_negative(link.open_stream()),
            Method::Item => {
                expect_lives(link, c);
                #[allow(clippy::cast_precision_loss, reason = "only its sign and rough size matter")]
                return link.item(first, b, d, []).map_or(f64::NAN, |credit| credit as f64);
            }
            Method::End => link.end_stream(first, b, []),
            Method::Reset => link.reset_stream(first, b, []),
            Method::Grant => {
                link.grant(first, b);
                Ok(())
            }
            Method::Consumed => {
                link.consumed(first, b);
                Ok(())
            }
            Method::Stop => link.stop_stream(first, b, []),
            Method::Bind => {
                link.bind(first);
                Ok(())
            }
            Method::Greet => {
                link.greet(now);
                Ok(())
            }
            Method::WantsEntropy => return f64::from(u8::from(link.wants_entropy())),
            Method::Entropy => {
                link.entropy(Nonce([first, b, c, d]));
                Ok(())
            }
            Method::Wake => {
                link.wake(now);
                Ok(())
            }
            Method::Lost => {
                link.lost(now, b);
                Ok(())
            }
            Method::Unsent => {
                link.unsent(b, c);
                Ok(())
            }
            Method::Cut => {
                link.cut();
                Ok(())
            }
            Method::Dirty => return f64::from(u8::from(link.is_dirty())),
            Method::Buffered => return f64::from(link.buffered()),
            Method::Probe => {
                link.probe();
                Ok(())
            }
            Method::Ping => {
                link.ping_now(now);
                Ok(())
            }
            Method::PeerGone => {
                link.peer_gone();
                Ok(())
            }
            Method::Suspend => {
                link.suspend();
                Ok(())
            }
            Method::Resume => {
                link.resume(now);
                Ok(())
            }
            Method::Leave => {
                link.leave();
                Ok(())
            }
            Method::Violation => {
                link.violation(Misbehaviour::from_number(b).unwrap_or(Misbehaviour::Value));
                Ok(())
            }
            Method::Close => link.close(b, []),
            Method::Lose => {
                link.page_gone(now);
                Ok(())
            }
        };
        sent.map_or_else(|why| f64::from(why.number()), |()| 0.0)
    }
}

/// A body without live values must not carry those of a walk that failed.
fn expect_lives(link: &mut Link<()>, lives: u32) {
    if lives == 0 {
        link.clear_lives();
    }
}

/// The entries of a list, one on a line. The facade has named a bad one before; here it allows nothing.
fn allow_list(patterns: &str, any_origin: bool) -> AllowList {
    AllowList::parse(pieces(patterns, b'\n'), any_origin).unwrap_or_default()
}

fn or_negative(id: Result<u32, NotSent>) -> f64 {
    id.map_or_else(|why| f64::from(why.number()), f64::from)
}

#[allow(clippy::cast_precision_loss, reason = "a count or address in a memory of 32 bits")]
const fn count(value: usize) -> f64 {
    value as f64
}
