//! Carries out what the link writes, one operation at a time.

use alloc::{format, rc::Rc, string::String, vec::Vec};

use futures_channel::mpsc;
use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageChannel;

use super::{
    driver::{Driver, Inside, Item, Reply, TAG},
    error::{Error, Thrown},
    steps::Step,
};
use crate::channel::{
    Link,
    error::{CloseCode, Denial, Executed, FailCode, Misbehaviour},
    limits::{STREAM_WINDOW, WIRE_VERSION},
    ops::{Greeting, Live, Op, State, Target},
};

impl Driver {
    /// Carries out one operation; `values` are those of the message just received.
    pub(super) fn carry_out(self: &Rc<Self>, step: &Step<'_>, values: &Array) {
        let f = |position| step.field(position);
        match step.op {
            Op::Post => self.post(step),
            Op::TakePort => self.take_port(f(0)),
            Op::ClosePort => self.close_port(f(0)),
            Op::Pinned => {
                let mut inside = self.inside.borrow_mut();
                let Inside { pinned, arrived: (origin, _), .. } = &mut *inside;
                pinned.clone_from(origin);
            }
            Op::Opened => {
                let opened = self.inside.borrow_mut().opened.take();
                if let Some(opened) = opened {
                    // Nobody listens when `connect` was given up.
                    let _ = opened.send(Ok(()));
                }
            }
            Op::State => self.changed(f(0)),
            Op::Send => {
                let taken = self.inside.borrow_mut().link.take_values(f(3));
                self.send(f(0), f(1), f(2), step.tail, taken);
            }
            Op::Again => self.send_again(step),
            Op::Forget => self.inside.borrow_mut().link.forget_values(f(0), f(1)),
            Op::Invoke => self.invoked(Some(f(0)), f(1), &values.slice(f(3), f(3) + f(4)), step.tail),
            Op::Notified => self.invoked(None, f(0), &values.slice(f(2), f(2) + f(3)), step.tail),
            Op::Event => {
                self.give_back(step.tail);
                self.emitted(f(0), &values.get(f(2)), f(3) > 0);
            }
            Op::Settle => self.settle(step, values),
            Op::Cancelled => self.abort(f(0)),
            Op::Name => self.named(f(0), &values.get(f(1))),
            Op::StreamReady => self.produce(f(0)),
            Op::StreamStopped => self.inside.borrow_mut().produced.retain(|(id, _)| *id != f(0)),
            Op::StreamItem => {
                self.give_back(step.tail);
                let item = if f(3) > 0 { values.get(f(2)) } else { JsValue::UNDEFINED };
                self.give_item(f(0), Ok((item, f(1))));
            }
            Op::StreamEnd => self.inside.borrow_mut().consumed.retain(|(id, _)| *id != f(0)),
            Op::StreamReset => {
                let error = if f(3) > 0 {
                    Error::new("call/peer-gone", "the peer went away while its stream was read")
                } else {
                    threw("a stream", &values.get(f(1)))
                };
                self.give_item(f(0), Err(error));
                self.inside.borrow_mut().consumed.retain(|(id, _)| *id != f(0));
            }
            Op::ImportsGone => self.inside.borrow_mut().heard.clear(),
            Op::Refused => self.refused(f(0)),
            Op::Closed => self.closed(f(0), f(1), (f(3) > 0).then(|| values.get(f(2)))),
            Op::Wake => {
                let at = u64::from(f(1)) << 32 | u64::from(f(0));
                self.wake_at((at != u64::MAX).then_some(at));
            }
            // This side lends neither functions nor signals.
            Op::ExportDropped | Op::SignalAborted => {}
        }
    }

    fn post(self: &Rc<Self>, step: &Step<'_>) {
        let f = |position| step.field(position);
        let nonce =
            |from: usize| (from..from + 4).fold(String::new(), |text, at| format!("{text}{:08x}", f(at)));
        let transfer = Array::new();
        let kind = f(0);
        if kind == Greeting::Ready.number() || kind == Greeting::Offer.number() {
            // A page without channels never connects, and says so by its timeout.
            let Ok(channel) = MessageChannel::new() else { return };
            let near = self.hear(f(2), channel.port1());
            self.inside.borrow_mut().ports.push((f(2), near));
            transfer.push(&channel.port2());
        }
        let (peer, target, greeting) = {
            let inside = self.inside.borrow();
            let target = match f(1) {
                target if target == Target::Exact.number() => inside.exact.clone(),
                target if target == Target::Hint.number() => inside.hint.clone(),
                target if target == Target::Pinned.number() => inside.pinned.clone(),
                _ => String::from("*"),
            };
            let has_nonce = kind != Greeting::Knock.number();
            let greeting: Array = [
                JsValue::from(TAG),
                JsValue::from(WIRE_VERSION),
                JsValue::from(&*inside.name),
                JsValue::from(kind),
                JsValue::from(if has_nonce { nonce(3) } else { String::new() }),
                JsValue::from(if f(11) > 0 { nonce(7) } else { String::new() }),
            ]
            .iter()
            .collect();
            if kind == Greeting::Offer.number() {
                greeting.push(&JsValue::from(""));
            }
            (inside.peer.clone(), target, greeting)
        };
        // A target that is no origin (an opaque one was pinned) or a window that has gone: the time
        // limit of the handshake tells.
        let _ = peer.post(&greeting, &target, &transfer);
    }

    fn take_port(self: &Rc<Self>, id: u32) {
        let port = self.inside.borrow_mut().arrived.1.take();
        if let Some(port) = port {
            let port = self.hear(id, port);
            self.inside.borrow_mut().ports.push((id, port));
        }
    }

    fn close_port(&self, id: u32) {
        let mut inside = self.inside.borrow_mut();
        let at = inside.ports.iter().position(|(port, _)| *port == id);
        let port = at.map(|at| inside.ports.swap_remove(at));
        drop(inside);
        drop(port);
    }

    fn changed(self: &Rc<Self>, number: u32) {
        let Some(state) = State::from_number(number) else { return };
        let mut inside = self.inside.borrow_mut();
        inside.state = state;
        let gone = state == State::Reconnecting && inside.peer.is_gone();
        drop(inside);
        if gone {
            self.tell(Link::peer_gone);
        }
    }

    fn send(self: &Rc<Self>, port: u32, seq: u32, ack: u32, words: &[u32], values: Vec<JsValue>) {
        let n = u32::try_from(words.len()).unwrap_or(0);
        let message: Array = [seq, ack, n].iter().chain(words).map(|&word| JsValue::from(word)).collect();
        for value in values {
            message.push(&value);
        }
        let posted = {
            let inside = self.inside.borrow();
            let Some((_, port)) = inside.ports.iter().find(|(id, _)| *id == port) else { return };
            port.post(&message, &Array::new()).or_else(|refused| {
                // One without frames in its place keeps the numbering.
                let empty: Array = [seq, ack, 0].iter().map(|&word| JsValue::from(word)).collect();
                port.post(&empty, &Array::new()).and(Err(refused))
            })
        };
        if posted.is_err() {
            self.tell(|link| link.unsent(port, seq));
        }
    }

    fn send_again(self: &Rc<Self>, step: &Step<'_>) {
        let (names, calls) = step.tail.split_at((step.field(3) as usize * 2).min(step.tail.len()));
        let mut values = Vec::new();
        {
            let inside = self.inside.borrow();
            for frame in names.as_chunks::<2>().0 {
                let name = inside.told.get(frame[1] as usize).map_or("", |name| name);
                values.push(JsValue::from(name));
            }
            for frame in calls.as_chunks::<3>().0 {
                let waiting = inside.waiting.iter().find(|(id, _)| *id == frame[1]);
                values.extend(waiting.and_then(|(_, call)| call.kept.clone()).unwrap_or_default());
            }
        }
        self.send(step.field(0), step.field(1), step.field(2), step.tail, values);
    }

    fn invoked(self: &Rc<Self>, id: Option<u32>, target: u32, args: &Array, lives: &[u32]) {
        self.give_back(lives);
        let method = self.inside.borrow().heard.get(target as usize).cloned().unwrap_or_default();
        self.run(id, &method, args.to_vec());
    }

    /// Gives back what this side has no use for: functions, signals and streams in arguments.
    fn give_back(self: &Rc<Self>, lives: &[u32]) {
        for &[kind, id] in lives.as_chunks::<2>().0 {
            if kind == Live::Function.number() || kind == Live::Signal.number() {
                self.tell(|link| link.release_import(id));
            } else if kind == Live::Iterable.number() || kind == Live::Readable.number() {
                let _ = self.tell(|link| link.stop_stream(id, 0, []));
            }
        }
    }

    fn emitted(&self, topic: u32, payload: &JsValue, has_payload: bool) {
        let inside = self.inside.borrow();
        let Some(name) = inside.heard.get(topic as usize) else { return };
        let payload = if has_payload { payload } else { &JsValue::UNDEFINED };
        for (_, listener) in inside.topics.iter().filter(|(topic, _)| topic == name) {
            // A dropped listener is taken off the list by its own Drop.
            let _ = listener.unbounded_send(payload.clone());
        }
    }

    fn named(self: &Rc<Self>, id: u32, name: &JsValue) {
        let Some(name) = name.dyn_ref::<JsString>() else {
            self.tell(|link| link.violation(Misbehaviour::Value));
            return;
        };
        let mut inside = self.inside.borrow_mut();
        let slot = id as usize;
        if inside.heard.len() <= slot {
            inside.heard.resize(slot + 1, String::new());
        }
        if let Some(heard) = inside.heard.get_mut(slot) {
            *heard = name.into();
        }
    }

    fn settle(self: &Rc<Self>, step: &Step<'_>, values: &Array) {
        let f = |position| step.field(position);
        let waiting = {
            let mut inside = self.inside.borrow_mut();
            let at = inside.waiting.iter().position(|(id, _)| *id == f(0));
            at.map(|at| inside.waiting.swap_remove(at).1)
        };
        let Some(waiting) = waiting else {
            self.give_back(step.tail);
            return;
        };
        let value = if f(5) > 0 { values.get(f(4)) } else { JsValue::UNDEFINED };
        let settled = if f(1) == 0 {
            Ok(self.reply(value, step.tail))
        } else {
            let code = FailCode::from_number(f(2)).unwrap_or(FailCode::Protocol);
            let peer = self.inside.borrow().peer_name();
            let mut error = match code {
                FailCode::Threw => threw(&waiting.method, &value),
                code => Error::new(
                    code.code(),
                    format!("the call of \"{}\" at {peer} {}", waiting.method, what_failed(code)),
                ),
            };
            error.executed = Executed::from_number(f(3)).unwrap_or(Executed::NotAsked);
            Err(error)
        };
        // A caller that has dropped its future does not want to know.
        let _ = waiting.settled.send(settled);
    }

    /// A result that is a stream is read from here on; other live values are given back.
    fn reply(self: &Rc<Self>, value: JsValue, lives: &[u32]) -> Reply {
        match lives {
            [kind, id] if *kind == Live::Iterable.number() || *kind == Live::Readable.number() => {
                let (send, receive) = mpsc::unbounded();
                self.inside.borrow_mut().consumed.push((*id, send));
                self.tell(|link| link.grant(*id, STREAM_WINDOW));
                Reply::Stream(*id, receive)
            }
            lives => {
                self.give_back(lives);
                Reply::Value(value)
            }
        }
    }

    fn give_item(&self, stream: u32, item: Item) {
        let inside = self.inside.borrow();
        if let Some((_, reader)) = inside.consumed.iter().find(|(id, _)| *id == stream) {
            let _ = reader.unbounded_send(item);
        }
    }

    fn refused(&self, denial: u32) {
        let mut inside = self.inside.borrow_mut();
        let origin = inside.arrived.0.clone();
        let told = matches!(
            Denial::from_number(denial),
            Some(Denial::OriginNotAllowed | Denial::OpaqueOrigin | Denial::WrongVersion)
        );
        // A handful tells what is wrong; a flood must not grow the list.
        if told && inside.refused.len() < 8 && !inside.refused.contains(&origin) {
            inside.refused.push(origin);
        }
    }

    fn closed(&self, code: u32, detail: u32, reason: Option<JsValue>) {
        let code = CloseCode::from_number(code).unwrap_or(CloseCode::Protocol);
        let mut inside = self.inside.borrow_mut();
        let peer = inside.peer_name();
        let met = if inside.refused.is_empty() {
            String::new()
        } else {
            format!("; refused: {}", inside.refused.join(", "))
        };
        let message = match code {
            CloseCode::TimedOut => format!("no answer from {peer}{met}"),
            CloseCode::Version => format!("{peer} speaks wire version {detail}, this side {WIRE_VERSION}"),
            _ => format!("the channel to {peer} was closed before it opened{met}"),
        };
        let end = (code.code(), reason.and_then(|reason| reason.as_string()));
        inside.end = Some(end.clone());
        // Everything that lives with the channel goes with it; what runs JavaScript goes after the borrow.
        let ports = core::mem::take(&mut inside.ports);
        let listeners = core::mem::take(&mut inside.listeners);
        let timer = inside.timer.take();
        let streams = (core::mem::take(&mut inside.produced), core::mem::take(&mut inside.consumed));
        let topics = core::mem::take(&mut inside.topics);
        let closed = core::mem::take(&mut inside.closed);
        let opened = inside.opened.take();
        drop(inside);
        drop((ports, listeners, timer, streams, topics));
        if let Some(opened) = opened {
            let code = if code == CloseCode::Closed { "connect/aborted" } else { code.code() };
            let _ = opened.send(Err(Error::new(code, message)));
        }
        for watcher in closed {
            let _ = watcher.send(end.clone());
        }
    }
}

/// The error of a handler, from its record `[class, name, message, props]`.
fn threw(method: &str, reason: &JsValue) -> Error {
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
