//! Carries out what the link writes, one operation at a time.

use alloc::{format, rc::Rc, string::String, vec::Vec};

use futures_channel::mpsc;
use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageChannel;

use super::{
    body::{check_paths, check_reason, check_values},
    driver::{Driver, Inside, Item, Reply, TAG, Waiting},
    error::Error,
    failure::{failed, threw, what_was_wrong, why_not_cloneable},
};
use crate::channel::{
    Body, Nonce, Output,
    error::{CloseCode, Denial, Executed, FailCode, Misbehaviour},
    limits::{STREAM_WINDOW, WIRE_VERSION},
    ops::{Greeting, Live, State, Target},
};

impl Driver {
    /// Carries out one operation; `values` are those of the message just received.
    ///
    /// # Errors
    ///
    /// What the peer did wrong, where only the values show it.
    pub(super) fn carry_out(self: &Rc<Self>, output: Output<'_>, values: &Array) -> Result<(), Misbehaviour> {
        match output {
            Output::Post { kind, target, port, mine, yours } => self.post(kind, target, port, mine, yours),
            Output::TakePort { port } => self.take_port(port),
            Output::ClosePort { port } => self.close_port(port),
            Output::Pinned => {
                let mut inside = self.inside.borrow_mut();
                let Inside { pinned, arrived: (origin, _), .. } = &mut *inside;
                pinned.clone_from(origin);
            }
            Output::Opened { .. } => {
                let opened = self.inside.borrow_mut().opened.take();
                if let Some(opened) = opened {
                    // Nobody listens when `connect` was given up.
                    let _ = opened.send(Ok(()));
                }
            }
            Output::State(state) => self.changed(state),
            Output::Send { port, seq, ack, values, words } => {
                let taken = self.inside.borrow_mut().link.take_values(values);
                self.send(port, seq, ack, words, taken);
            }
            Output::Again { port, seq, ack, names, words, .. } => {
                let kept = self.kept_values(names, words);
                self.send(port, seq, ack, words, kept);
            }
            Output::Forget { at, count } => self.inside.borrow_mut().link.forget_values(at, count),
            Output::Invoke { id, target, body, .. } => self.invoked(Some(id), target, values, body)?,
            Output::Notified { target, body, .. } => self.invoked(None, target, values, body)?,
            Output::Event { topic, body, .. } => {
                let taken = self.take_body(values, body)?;
                self.emitted(topic, &taken.get(0));
            }
            Output::Settle { id, result, body } => self.settle(id, result, values, body)?,
            Output::Cancelled { id, body } => {
                check_reason(values, body)?;
                self.abort(id);
            }
            Output::Name { id, at } => self.named(id, &values.get(at))?,
            Output::StreamReady { id, .. } => self.produce(id),
            Output::StreamStopped { id, body } => {
                check_reason(values, body)?;
                let produced = self.inside.borrow_mut().take_produced(id);
                drop(produced);
            }
            Output::StreamItem { id, cost, body } => {
                let taken = self.take_body(values, body)?;
                self.give_item(id, Ok((taken.get(0), cost)));
            }
            Output::StreamEnd { id, .. } => {
                let reader = self.inside.borrow_mut().take_reader(id);
                drop(reader);
            }
            Output::StreamReset { id, body, gone } => {
                let error = if gone {
                    Error::new("call/peer-gone", "the peer went away while its stream was read")
                } else {
                    check_reason(values, body)?;
                    threw("a stream", &first(values, body))
                };
                self.give_item(id, Err(error));
                let reader = self.inside.borrow_mut().take_reader(id);
                drop(reader);
            }
            Output::ImportsGone => self.inside.borrow_mut().heard.clear(),
            Output::Refused { denial, .. } => self.refused(denial),
            Output::Closed { code, detail, body } => self.closed(code, detail, &first(values, body)),
            Output::Wake(delay) => self.wake_after(delay),
            Output::SignalAborted { body, .. } => check_reason(values, body)?,
            // This side lends no functions.
            Output::ExportDropped { .. } => {}
        }
        Ok(())
    }

    /// The values of a body, checked; what this side has no use for is given back.
    fn take_body(self: &Rc<Self>, values: &Array, body: Body<'_>) -> Result<Array, Misbehaviour> {
        let taken = self.check(values, body)?;
        self.give_back(body.lives);
        Ok(taken)
    }

    fn check(&self, values: &Array, body: Body<'_>) -> Result<Array, Misbehaviour> {
        let (depth, bytes) = {
            let inside = self.inside.borrow();
            (inside.bodies.depth, inside.queued_bytes)
        };
        let end = body.at.saturating_add(body.count);
        let taken = values.slice(body.at, end);
        check_values(&taken, depth, bytes)?;
        if !body.lives.is_empty() {
            check_paths(&taken, body.lives, &values.get(end))?;
        }
        Ok(taken)
    }

    fn post(self: &Rc<Self>, kind: Greeting, to: Target, port: u32, mine: Nonce, yours: Option<Nonce>) {
        let transfer = Array::new();
        if matches!(kind, Greeting::Ready | Greeting::Offer) {
            // A page without channels never connects, and says so by its timeout.
            let Ok(channel) = MessageChannel::new() else { return };
            let near = self.hear(port, channel.port1());
            self.inside.borrow_mut().ports.push((port, Rc::new(near)));
            transfer.push(&channel.port2());
        }
        let (peer, target, greeting) = {
            let inside = self.inside.borrow();
            let target = match to {
                Target::Exact => inside.exact.clone(),
                Target::Hint => inside.hint.clone(),
                Target::Pinned => inside.pinned.clone(),
                Target::Star => String::from("*"),
            };
            let mine = if kind == Greeting::Knock { String::new() } else { text(mine) };
            let greeting: Array = [
                JsValue::from(TAG),
                JsValue::from(WIRE_VERSION),
                JsValue::from(&*inside.name),
                JsValue::from(kind.number()),
                JsValue::from(mine),
                JsValue::from(yours.map_or_else(String::new, text)),
            ]
            .iter()
            .collect();
            if kind == Greeting::Offer {
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
            self.inside.borrow_mut().ports.push((id, Rc::new(port)));
        }
    }

    fn close_port(&self, id: u32) {
        let mut inside = self.inside.borrow_mut();
        let at = inside.ports.iter().position(|(port, _)| *port == id);
        let port = at.map(|at| inside.ports.swap_remove(at));
        drop(inside);
        drop(port);
    }

    fn changed(self: &Rc<Self>, state: State) {
        self.inside.borrow_mut().state = state;
        if state == State::Reconnecting && self.peer().is_gone() {
            self.tell(|link, _| link.peer_gone());
        }
    }

    fn send(self: &Rc<Self>, port: u32, seq: u32, ack: u32, words: &[u32], values: Vec<JsValue>) {
        let n = u32::try_from(words.len()).unwrap_or(0);
        let message: Array = [seq, ack, n].iter().chain(words).map(|&word| JsValue::from(word)).collect();
        for value in values {
            message.push(&value);
        }
        let to = {
            let inside = self.inside.borrow();
            inside.ports.iter().find(|(id, _)| *id == port).map(|(_, port)| Rc::clone(port))
        };
        let Some(to) = to else { return };
        let posted = to.post(&message, &Array::new()).or_else(|refused| {
            // One without frames in its place keeps the numbering.
            let empty: Array = [seq, ack, 0].iter().map(|&word| JsValue::from(word)).collect();
            to.post(&empty, &Array::new()).and(Err(refused))
        });
        if posted.is_err() {
            self.tell(|link, _| link.unsent(port, seq));
        }
    }

    /// The values of a message that was put together anew: strings of names, arguments of calls.
    fn kept_values(&self, names: u32, words: &[u32]) -> Vec<JsValue> {
        let (names, calls) = words.split_at((names as usize * 2).min(words.len()));
        let inside = self.inside.borrow();
        let mut values = Vec::new();
        for &[_, id] in names.as_chunks::<2>().0 {
            values.push(JsValue::from(inside.told.get(id as usize).map_or("", |name| name)));
        }
        for &[_, id, _] in calls.as_chunks::<3>().0 {
            let waiting = inside.waiting.iter().find(|(call, _)| *call == id);
            values.extend(waiting.and_then(|(_, call)| call.kept.clone()).unwrap_or_default());
        }
        values
    }

    fn invoked(
        self: &Rc<Self>,
        id: Option<u32>,
        target: u32,
        values: &Array,
        body: Body<'_>,
    ) -> Result<(), Misbehaviour> {
        let args = self.take_body(values, body)?;
        let streams = |&[kind, _]: &[u32; 2]| is_stream(kind);
        // Only a result may be a stream here; its bit cannot say that.
        if let (Some(id), Some(at)) = (id, body.lives.as_chunks::<2>().0.iter().position(streams)) {
            let paths = Array::from(&values.get(body.at.saturating_add(body.count)));
            let path = Array::from(&paths.get(u32::try_from(at).unwrap_or(0)));
            let root = path.get(0).as_f64().unwrap_or_default();
            self.refuse_value(id, &format!("args[{root}]"), "the receiver takes streams only as results");
            return Ok(());
        }
        let method = self.inside.borrow().heard.get(target as usize).cloned().unwrap_or_default();
        self.run(id, &method, args.to_vec());
        Ok(())
    }

    /// Gives back what this side has no use for: functions, signals and streams in arguments.
    fn give_back(self: &Rc<Self>, lives: &[u32]) {
        for &[kind, id] in lives.as_chunks::<2>().0 {
            if kind == Live::Function.number() || kind == Live::Signal.number() {
                self.tell(|link, _| link.release_import(id));
            } else if is_stream(kind) {
                let _ = self.tell(|link, _| link.stop_stream(id, 0, []));
            }
        }
    }

    fn emitted(&self, topic: u32, payload: &JsValue) {
        let listeners: Vec<_> = {
            let inside = self.inside.borrow();
            let Some(name) = inside.heard.get(topic as usize) else { return };
            let listening = inside.topics.iter().filter(|(topic, _)| topic == name);
            listening.map(|(_, listener)| listener.clone()).collect()
        };
        for listener in listeners {
            // One that was dropped is taken off the list by the next `on`.
            let _ = listener.unbounded_send(payload.clone());
        }
    }

    fn named(&self, id: u32, name: &JsValue) -> Result<(), Misbehaviour> {
        let name = name.dyn_ref::<JsString>().ok_or(Misbehaviour::Value)?;
        let longest = self.inside.borrow().bodies.name_length;
        if name.length() > longest {
            return Err(Misbehaviour::NameLength);
        }
        let name = String::from(name);
        let mut inside = self.inside.borrow_mut();
        let slot = id as usize;
        if inside.heard.len() <= slot {
            inside.heard.resize(slot + 1, String::new());
        }
        if let Some(heard) = inside.heard.get_mut(slot) {
            *heard = name;
        }
        Ok(())
    }

    fn settle(
        self: &Rc<Self>,
        id: u32,
        result: Result<(), (FailCode, Executed)>,
        values: &Array,
        body: Body<'_>,
    ) -> Result<(), Misbehaviour> {
        let value = if result.is_ok() {
            self.check(values, body)?.get(0)
        } else {
            check_reason(values, body)?;
            first(values, body)
        };
        let waiting = {
            let mut inside = self.inside.borrow_mut();
            let at = inside.waiting.iter().position(|(call, _)| *call == id);
            at.map(|at| inside.waiting.swap_remove(at).1)
        };
        let Some(waiting) = waiting else {
            self.give_back(body.lives);
            return Ok(());
        };
        let settled = match result {
            Ok(()) => Ok(self.reply(value, body.lives)),
            Err((code, executed)) => {
                let mut error = match code {
                    FailCode::Threw => threw(&waiting.method, &value),
                    code => failed(&waiting.method, &self.inside.borrow().peer_name(), code),
                };
                if code == FailCode::NotCloneable {
                    error.message += &why_not_cloneable(&value);
                }
                error.executed = executed;
                Err(error)
            }
        };
        // A caller that has dropped its future does not want to know.
        let _ = waiting.settled.send(settled);
        Ok(())
    }

    /// A result that is a stream is read from here on; other live values are given back.
    fn reply(self: &Rc<Self>, value: JsValue, lives: &[u32]) -> Reply {
        match lives {
            [kind, id] if is_stream(*kind) => {
                let (send, receive) = mpsc::unbounded();
                self.inside.borrow_mut().consumed.push((*id, send));
                self.tell(|link, _| link.grant(*id, STREAM_WINDOW));
                Reply::Stream(*id, receive)
            }
            lives => {
                self.give_back(lives);
                Reply::Value(value)
            }
        }
    }

    fn give_item(&self, stream: u32, item: Item) {
        let reader = {
            let inside = self.inside.borrow();
            inside.consumed.iter().find(|(id, _)| *id == stream).map(|(_, reader)| reader.clone())
        };
        if let Some(reader) = reader {
            let _ = reader.unbounded_send(item);
        }
    }

    fn refused(&self, denial: Denial) {
        let mut inside = self.inside.borrow_mut();
        let origin = inside.arrived.0.clone();
        let told = matches!(denial, Denial::OriginNotAllowed | Denial::OpaqueOrigin | Denial::WrongVersion);
        // A handful tells what is wrong; a flood must not grow the list.
        if told && inside.refused.len() < 8 && !inside.refused.contains(&origin) {
            inside.refused.push(origin);
        }
    }

    fn closed(&self, code: CloseCode, detail: u32, reason: &JsValue) {
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
        // What the peer says, or what it did wrong.
        let wrong = (code.code() == "channel/protocol").then(|| Misbehaviour::from_number(detail)).flatten();
        let end =
            (code.code(), reason.as_string().or_else(|| wrong.map(|wrong| what_was_wrong(wrong).into())));
        inside.end = Some(end.clone());
        // Everything that lives with the channel goes with it; what runs JavaScript goes after the borrow.
        let ports = core::mem::take(&mut inside.ports);
        let listeners = core::mem::take(&mut inside.listeners);
        let timer = inside.timer.take();
        let streams = (core::mem::take(&mut inside.produced), core::mem::take(&mut inside.consumed));
        let topics = core::mem::take(&mut inside.topics);
        let closed = core::mem::take(&mut inside.closed);
        let opened = inside.opened.take();
        let methods = core::mem::take(&mut inside.methods);
        // Those whose answer came with what ended the channel; all others the link has settled.
        let waiting = core::mem::take(&mut inside.waiting);
        drop(inside);
        drop((ports, listeners, timer, streams, topics, methods));
        for (_, Waiting { method, settled, .. }) in waiting {
            let _ = settled.send(Err(failed(&method, &peer, FailCode::Protocol)));
        }
        if let Some(opened) = opened {
            let code = match code {
                CloseCode::Closed => "connect/aborted",
                CloseCode::PeerGone => "connect/target-closed",
                code => code.code(),
            };
            let _ = opened.send(Err(Error::new(code, message)));
        }
        for watcher in closed {
            let _ = watcher.send(end.clone());
        }
    }
}

/// The first value of a body; `undefined` where it has none.
fn first(values: &Array, body: Body<'_>) -> JsValue {
    if body.count > 0 { values.get(body.at) } else { JsValue::UNDEFINED }
}

fn is_stream(kind: u32) -> bool {
    kind == Live::Iterable.number() || kind == Live::Readable.number()
}

/// A nonce as it stands in a greeting.
fn text(Nonce(words): Nonce) -> String {
    words.iter().fold(String::new(), |text, word| format!("{text}{word:08x}"))
}
