//! Hands events to the link and carries out what it says.
//!
//! The one rule: no JavaScript and no code of the application runs while the state is borrowed, nor is a value
//! of either dropped. Operations are copied out of the link first, then done one by one; whatever they set off
//! may come back in here, and is done after them.

use alloc::{boxed::Box, collections::VecDeque, format, rc::Rc, string::String, vec::Vec};
use core::cell::RefCell;

use futures_channel::{mpsc, oneshot};
use futures_util::future::AbortHandle;
use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EventTarget, MessageEvent, MessagePort, PageTransitionEvent};

use super::{
    answer::{Handler, ItemStream},
    body::BodyLimits,
    entropy,
    error::Error,
    listener::Listener,
    peer::Peer,
    port::Port,
    timer::Timer,
};
use crate::channel::{
    Arrival, Link, Millis, Nonce, Outputs, error::Misbehaviour, limits::MAX_MESSAGE_WORDS, ops::State,
};

/// The first element of every greeting.
pub(super) const TAG: &str = "portcullis";
/// The longest text that a greeting may hold, in UTF-16 code units.
pub(super) const LONGEST: u32 = 1024;

/// What a call's end goes to.
pub(super) type Settled = oneshot::Sender<Result<Reply, Error>>;

/// What a remote method returned: a value, or a stream that stood in its place.
#[derive(Debug)]
pub(crate) enum Reply {
    Value(JsValue),
    Stream(u32, mpsc::UnboundedReceiver<Item>),
}

/// An item of the peer's stream and what it cost of the credit given; `Err` ends it.
pub(crate) type Item = Result<(JsValue, u32), Error>;

/// A call that waits for its end.
pub(super) struct Waiting {
    pub(super) method: String,
    pub(super) settled: Settled,
    /// The arguments of a call that may be sent again.
    pub(super) kept: Option<Vec<JsValue>>,
}

/// Everything a channel holds on this side.
pub(super) struct Inside {
    pub(super) link: Link<JsValue>,
    pub(super) peer: Peer,
    pub(super) name: String,
    pub(super) state: State,
    /// The one exact origin of the allow-list, if it is one.
    pub(super) exact: String,
    pub(super) hint: String,
    pub(super) pinned: String,
    /// Origin and port of the greeting being handled.
    pub(super) arrived: (String, Option<MessagePort>),
    /// Origins that were refused, for the error of a `connect` that found nobody.
    pub(super) refused: Vec<String>,
    pub(super) ports: Vec<(u32, Rc<Port>)>,
    pub(super) timer: Option<Timer>,
    pub(super) listeners: Vec<Listener>,
    /// Names by id: told to the peer, and heard from it.
    pub(super) told: Vec<String>,
    pub(super) heard: Vec<String>,
    pub(super) methods: Vec<(String, Rc<Handler>)>,
    pub(super) topics: Vec<(String, mpsc::UnboundedSender<JsValue>)>,
    pub(super) waiting: Vec<(u32, Waiting)>,
    pub(super) running: Vec<(u32, AbortHandle)>,
    /// Streams that the peer reads, and streams that are read here.
    pub(super) produced: Vec<(u32, ItemStream)>,
    pub(super) consumed: Vec<(u32, mpsc::UnboundedSender<Item>)>,
    pub(super) opened: Option<oneshot::Sender<Result<(), Error>>>,
    pub(super) closed: Vec<oneshot::Sender<(&'static str, Option<String>)>>,
    pub(super) end: Option<(&'static str, Option<String>)>,
    pub(super) scheduled: bool,
    /// What a body may be.
    pub(super) bodies: BodyLimits,
    pub(super) queued_bytes: u32,
    /// What the link has said and is not done yet, each with the values of the message it is about.
    pub(super) todo: VecDeque<(Vec<u32>, Array)>,
    /// Somebody further up the stack does it.
    pub(super) doing: bool,
}

/// One channel's driver; shared by its handles and by the listeners it owns.
pub(super) struct Driver {
    pub(super) inside: RefCell<Inside>,
}

/// The clock of the link.
pub(super) fn now() -> Millis {
    Millis::new(entropy::now_ms())
}

impl Driver {
    /// Hears the peer, the frame's `load` and the page's own end, and greets the peer.
    pub(super) fn start(self: &Rc<Self>, own: Option<&web_sys::Window>) {
        let peer = self.peer();
        let mut listeners = Vec::new();
        let port = if let Peer::Port(port) = &peer { Some(port) } else { None };
        let ear: Option<&EventTarget> = port.map_or(own.map(|own| &**own), |port| Some(port));
        if let Some(ear) = ear {
            listeners.push(self.on(ear, "message", |driver, event: MessageEvent| driver.greeted(&event)));
        }
        if let Some(element) = peer.element() {
            listeners.push(self.on(element, "load", |driver, _: web_sys::Event| driver.loaded()));
        }
        if let Some(own) = own {
            listeners.push(self.on(own, "pagehide", |driver, event: PageTransitionEvent| {
                let sleeps = event.persisted();
                driver.tell(|link, _| if sleeps { link.suspend() } else { link.leave() });
            }));
            listeners.push(self.on(own, "pageshow", |driver, event: PageTransitionEvent| {
                if event.persisted() {
                    driver.tell(Link::resume);
                }
            }));
        }
        let hint = peer.hint();
        {
            let mut inside = self.inside.borrow_mut();
            inside.listeners = listeners;
            inside.link.bind(1);
            if let Some(hint) = hint {
                inside.link.hint(&hint);
                inside.hint = hint;
            }
        }
        if let Some(port) = port {
            // Without an `onmessage` property a port stays silent until it is told to start.
            port.start();
        }
        if peer.is_blank() {
            // Nobody listens in the initial document: `load`, or the peer's own greeting, comes first.
            self.tell(|_, _| {});
        } else {
            self.tell(Link::greet);
        }
    }

    /// What stands on the other side: it is asked with nothing borrowed.
    pub(super) fn peer(&self) -> Peer {
        self.inside.borrow().peer.clone()
    }

    fn on<E: JsCast + 'static>(
        self: &Rc<Self>,
        target: &EventTarget,
        event: &'static str,
        heard: impl Fn(&Rc<Self>, E) + 'static,
    ) -> Listener {
        let weak = Rc::downgrade(self);
        Listener::new(target.clone(), event, move |event| {
            if let Some(driver) = weak.upgrade() {
                heard(&driver, event);
            }
        })
    }

    /// Tells the link something and carries out what it answers.
    pub(super) fn tell<R>(self: &Rc<Self>, say: impl FnOnce(&mut Link<JsValue>, Millis) -> R) -> R {
        self.tell_of(&Array::new(), say)
    }

    /// As [`Self::tell`], about a message whose values these are.
    fn tell_of<R>(self: &Rc<Self>, values: &Array, say: impl FnOnce(&mut Link<JsValue>, Millis) -> R) -> R {
        self.feed();
        let time = now();
        let answer = {
            let mut inside = self.inside.borrow_mut();
            let answer = say(&mut inside.link, time);
            let mut words = Vec::new();
            inside.link.poll(time, &mut words);
            inside.todo.push_back((words, values.clone()));
            answer
        };
        self.carry_out_all();
        answer
    }

    /// Does what the link has said, in its order: what comes back in here meanwhile is done at its end.
    fn carry_out_all(self: &Rc<Self>) {
        if core::mem::replace(&mut self.inside.borrow_mut().doing, true) {
            return;
        }
        loop {
            let next = self.inside.borrow_mut().todo.pop_front();
            let Some((words, values)) = next else { break };
            for output in Outputs::of(&words) {
                if let Err(misbehaviour) = self.carry_out(output, &values) {
                    // Nothing of that message is looked at any more.
                    self.tell(|link, _| link.violation(misbehaviour));
                    break;
                }
            }
        }
        let mut inside = self.inside.borrow_mut();
        inside.doing = false;
        let is_dirty = inside.link.is_dirty();
        drop(inside);
        if is_dirty {
            self.schedule();
        }
    }

    /// Gives the link the random bits it wants. A page without a source of them never connects, and
    /// says so by its timeout.
    fn feed(&self) {
        loop {
            let wants = self.inside.borrow().link.wants_entropy();
            let Some(bits) = wants.then(entropy::random_bits).and_then(Result::ok) else { return };
            self.inside.borrow_mut().link.entropy(Nonce(bits));
        }
    }

    /// Sends what this turn has queued when the turn ends.
    pub(super) fn schedule(self: &Rc<Self>) {
        if core::mem::replace(&mut self.inside.borrow_mut().scheduled, true) {
            return;
        }
        let driver = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            driver.inside.borrow_mut().scheduled = false;
            driver.tell(|link, now| link.flush(now));
        });
    }

    fn greeted(self: &Rc<Self>, event: &MessageEvent) {
        let Some(greeting) = event.data().dyn_ref::<Array>().cloned() else { return };
        if greeting.get(0) != TAG {
            return;
        }
        let text = |at| {
            let text = greeting.get(at).dyn_into::<JsString>().ok();
            text.filter(|text| text.length() <= LONGEST).map(String::from)
        };
        let number = |at| {
            greeting.get(at).as_f64().and_then(|number| {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared below")]
                let word = number as u32;
                (f64::from(word).total_cmp(&number).is_eq()).then_some(word)
            })
        };
        let ports = event.ports();
        let well_formed = text(2).zip(text(4)).zip(text(5)).zip(number(1)).zip(number(3));
        let peer = self.peer();
        let is_source = peer.has_sent(event);
        let origin = if let Peer::Port(_) = peer { String::new() } else { event.origin() };
        let (name, mine, yours, version, kind) = match &well_formed {
            Some(((((name, mine), yours), version), kind)) => (&**name, &**mine, &**yours, *version, *kind),
            // A number that is no greeting's: the link counts it as malformed.
            None => ("", "", "", 1, 255),
        };
        if well_formed.is_some() && name != self.inside.borrow().name {
            return;
        }
        let shared = text(6).unwrap_or_default();
        let arrival = Arrival {
            trusted: event.is_trusted(),
            source: u32::from(is_source),
            origin: &origin,
            version,
            name,
            kind,
            mine,
            yours,
            shared: &shared,
            has_port: ports.length() == 1,
        };
        let arrived = (origin.clone(), ports.get(0).dyn_into().ok());
        let before = core::mem::replace(&mut self.inside.borrow_mut().arrived, arrived);
        self.tell(|link, now| link.arrive(now, &arrival));
        // A port that the link did not take is nobody's.
        let unused = core::mem::replace(&mut self.inside.borrow_mut().arrived, before);
        if let (_, Some(port)) = unused {
            port.close();
        }
    }

    fn loaded(self: &Rc<Self>) {
        let state = self.inside.borrow().state;
        if state == State::Open {
            // `load` proves nothing: a question tells whether the peer is still there.
            self.tell(|link, _| link.probe());
            self.schedule();
        } else if !self.peer().is_blank() {
            self.tell(Link::greet);
        }
    }

    /// A message of a port, or `None` for one that the engine could not read.
    pub(super) fn received(self: &Rc<Self>, port: u32, message: Option<&JsValue>) {
        let Some(message) = message else {
            self.tell(|link, now| link.lost(now, port));
            return;
        };
        let words: Option<Vec<u32>> = message.dyn_ref::<Array>().and_then(read_words);
        let (Some(words), Some(message)) = (words, message.dyn_ref::<Array>()) else {
            self.tell(|link, _| link.violation(Misbehaviour::Malformed));
            return;
        };
        let [seq, ack, n, ref header @ ..] = words[..] else { return };
        let values = message.slice(n + 3, message.length());
        let count = values.length();
        self.tell_of(&values, |link, now| link.receive(now, port, seq, ack, header, count));
    }

    /// A port that is heard by this driver, until the driver gives it up.
    pub(super) fn hear(self: &Rc<Self>, id: u32, port: MessagePort) -> Port {
        let (message, broken) = (Rc::downgrade(self), Rc::downgrade(self));
        Port::new(
            port,
            move |event: MessageEvent| {
                if let Some(driver) = message.upgrade() {
                    driver.received(id, Some(&event.data()));
                }
            },
            move || {
                if let Some(driver) = broken.upgrade() {
                    driver.received(id, None);
                }
            },
        )
    }

    /// Arms the one timer; `None` when nothing is due.
    pub(super) fn wake_after(self: &Rc<Self>, delay: Option<Millis>) {
        let weak = Rc::downgrade(self);
        let timer = delay.map(|delay| {
            Timer::new(delay.rounded_up(), move || {
                if let Some(driver) = weak.upgrade() {
                    driver.woken();
                }
            })
        });
        let before = core::mem::replace(&mut self.inside.borrow_mut().timer, timer);
        drop(before);
    }

    fn woken(self: &Rc<Self>) {
        let gone = self.peer().is_gone();
        self.tell(|link, now| if gone { link.peer_gone() } else { link.wake(now) });
    }
}

impl Inside {
    /// Takes out a stream that the peer reads: it is dropped with nothing borrowed.
    pub(super) fn take_produced(&mut self, stream: u32) -> Option<ItemStream> {
        let at = self.produced.iter().position(|(id, _)| *id == stream)?;
        Some(self.produced.swap_remove(at).1)
    }

    /// Takes out the reader of a stream of the peer, for the same reason.
    pub(super) fn take_reader(&mut self, stream: u32) -> Option<mpsc::UnboundedSender<Item>> {
        let at = self.consumed.iter().position(|(id, _)| *id == stream)?;
        Some(self.consumed.swap_remove(at).1)
    }

    /// What stands on the other side, for messages.
    pub(super) fn peer_name(&self) -> String {
        let origin = [&self.pinned, &self.exact, &self.hint].into_iter().find(|origin| !origin.is_empty());
        origin.map_or_else(
            || self.peer.label().into(),
            |origin| format!("{origin} (channel \"{}\")", self.name),
        )
    }
}

/// The numbers at the head of a message: `[seq, ack, n, words…]`; `None` if they are not numbers.
fn read_words(message: &Array) -> Option<Vec<u32>> {
    let word = |at| {
        let number = message.get(at).as_f64()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared below")]
        let word = number as u32;
        f64::from(word).total_cmp(&number).is_eq().then_some(word)
    };
    let n = word(2).filter(|n| *n <= MAX_MESSAGE_WORDS)?;
    let end = n.checked_add(3).filter(|end| *end <= message.length())?;
    (0..end).map(word).collect()
}

impl core::fmt::Debug for Driver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Driver")
    }
}

/// A boxed future on this thread.
pub(crate) type LocalFuture<T> = core::pin::Pin<Box<dyn Future<Output = T>>>;
