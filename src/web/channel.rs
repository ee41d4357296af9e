//! A channel to a page of another origin.

use alloc::{
    boxed::Box,
    collections::VecDeque,
    format,
    rc::{Rc, Weak},
    string::String,
    vec::Vec,
};
use core::{
    cell::RefCell,
    pin::Pin,
    task::{Context, Poll},
};

use futures_channel::{mpsc, oneshot};
use futures_core::Stream;
use js_sys::Object;
use wasm_bindgen::JsValue;

use super::{
    answer::{Answer, Handler, given},
    body::BodyLimits,
    driver::{Driver, Inside, Item, LONGEST, LocalFuture, Reply, Waiting, now},
    error::{Error, Thrown},
    outbox::Taken,
    peer::Peer,
};
use crate::{
    channel::{Call, Config, Limits, Link, Millis, error::FailCode, limits::TAKES_STREAMS, ops::State},
    origin::AllowList,
};

/// How to connect: who may be the peer and what it may call.
#[derive(Default)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// Exact origins (`https://pay.example`) and patterns (`https://*.pay.example`), in canonical form.
    /// A port needs none.
    pub allowed_origins: Vec<String>,
    /// The channel's name, where two windows have several: at most 1,024 UTF-16 code units.
    pub name: String,
    /// Limits and times; see [`Limits`].
    pub limits: Limits,
    /// Limits of the values and names that either side sends.
    pub bodies: BodyLimits,
    /// Whether a page that reloads is not met again.
    pub no_reconnect: bool,
    pub(crate) methods: Vec<(String, Rc<Handler>)>,
}

impl ConnectOptions {
    /// Options for peers of these origins.
    pub fn new<T: Into<String>>(allowed_origins: impl IntoIterator<Item = T>) -> Self {
        Self { allowed_origins: allowed_origins.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    pub(crate) fn offer(
        &mut self,
        method: &str,
        handler: impl Fn(Vec<JsValue>) -> LocalFuture<Result<Answer, Thrown>> + 'static,
    ) {
        self.methods.push((method.into(), Rc::new(Box::new(handler) as Handler)));
    }
}

impl core::fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("allowed_origins", &self.allowed_origins)
            .finish_non_exhaustive()
    }
}

/// A channel to a page whose origin was checked; closed when the last handle is dropped.
#[derive(Clone, Debug)]
#[must_use = "dropping the last handle closes the channel"]
pub struct Channel {
    pub(super) handle: Rc<Handle>,
}

/// Closes the channel when the last handle goes, though listeners still know the driver.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) driver: Rc<Driver>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        // It may be closed already.
        let _ = self.driver.tell(|link, _| link.close(0, []));
    }
}

impl Channel {
    /// Meets the page in a frame or window, whichever side starts first, and checks its origin; or
    /// whoever holds the other end of a port.
    ///
    /// # Errors
    ///
    /// `origin/invalid` or `origin/too-wide` for an entry of the list that is not one, `connect/timed-out`
    /// when no allowed page answers in time, `connect/refused` when it speaks another wire version, this
    /// page has a channel of that name with it already or the name is too long, `connect/target-closed`
    /// when it is gone.
    pub async fn connect(peer: impl Into<Peer>, options: ConnectOptions) -> Result<Self, Error> {
        let peer = peer.into();
        let is_port = peer.kind() == crate::channel::Peer::Port;
        let allowed = parse(&options.allowed_origins, is_port)?;
        // Nobody could hear it: the other side drops such a greeting unread.
        let length = options.name.encode_utf16().count();
        if length > LONGEST as usize {
            return Err(Error::new(
                "connect/refused",
                format!(
                    "the channel with {} has a name of {length} characters: give it one of at most {LONGEST}",
                    peer.label(),
                ),
            ));
        }
        // A worker has none; it can have ports.
        let own = web_sys::window();
        if own.is_none() && !is_port {
            return Err(Error::new("connect/refused", "only a window can connect to a window"));
        }
        if peer.is_gone() {
            return Err(Error::new(
                "connect/target-closed",
                "the frame is in no document, or the window is closed",
            ));
        }
        if is_taken(&peer, &options.name) {
            return Err(Error::new(
                "connect/refused",
                format!(
                    "this page already has a channel named \"{}\" with {}: close it first, or give this one \
                     another name",
                    options.name,
                    peer.label(),
                ),
            ));
        }
        let exact = allowed.exact().map_or_else(String::new, |origin| origin.as_str().into());
        let config = Config {
            peer: peer.kind(),
            own_opaque: own.as_ref().is_some_and(|own| own.origin() == "null"),
            allowed,
            name: options.name.clone(),
            limits: options.limits,
            reconnect: !options.no_reconnect,
            takes: TAKES_STREAMS,
            ..Config::default()
        };
        let (opened, opens) = oneshot::channel();
        let driver = Rc::new(Driver {
            inside: RefCell::new(Inside {
                bodies: options.bodies,
                queued_bytes: config.limits.queued_bytes,
                link: Link::new(now(), config),
                peer,
                name: options.name,
                state: State::Connecting,
                exact,
                hint: String::new(),
                pinned: String::new(),
                arrived: Default::default(),
                refused: Vec::new(),
                ports: Vec::new(),
                timer: None,
                listeners: Vec::new(),
                told: Vec::new(),
                heard: Vec::new(),
                methods: options.methods,
                topics: Vec::new(),
                waiting: Vec::new(),
                running: Vec::new(),
                produced: Vec::new(),
                consumed: Vec::new(),
                opened: Some(opened),
                closed: Vec::new(),
                end: None,
                scheduled: false,
                todo: VecDeque::new(),
                doing: false,
            }),
        });
        let channel = Self { handle: Rc::new(Handle { driver: Rc::clone(&driver) }) };
        LIVE.with_borrow_mut(|live| live.push(Rc::downgrade(&driver)));
        driver.start(own.as_ref());
        opens
            .await
            .map_err(|_| Error::new("connect/aborted", "the channel was dropped while it connected"))??;
        Ok(channel)
    }

    /// The peer's origin, as checked in the handshake.
    #[must_use]
    pub fn origin(&self) -> String {
        self.inside().pinned.clone()
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> State {
        self.inside().state
    }

    /// Waits for the end: its code and the reason given.
    pub async fn closed(&self) -> (&'static str, Option<String>) {
        if let Some(end) = self.inside().end.clone() {
            return end;
        }
        let (send, receive) = oneshot::channel();
        self.handle.driver.inside.borrow_mut().closed.push(send);
        receive.await.unwrap_or(("channel/closed", None))
    }

    /// Sends what this turn has queued, says goodbye and ends; calls in flight fail with
    /// `channel/closed`.
    pub fn close(&self, reason: Option<&str>) {
        let count = u32::from(reason.is_some());
        // Closing what is closed is no mistake.
        let _ = self.driver().tell(|link, _| link.close(count, reason.map(JsValue::from)));
    }

    pub(super) fn driver(&self) -> &Rc<Driver> {
        &self.handle.driver
    }

    fn inside(&self) -> core::cell::Ref<'_, Inside> {
        self.handle.driver.inside.borrow()
    }

    pub(crate) async fn call_js(
        &self,
        method: &str,
        args: Vec<JsValue>,
        options: CallOptions,
    ) -> Result<Reply, Error> {
        let driver = self.driver();
        let taken = driver.take_out(args).map_err(|why| driver.not_sent(method, why))?;
        let call = Call {
            target: driver.name_id(method, FailCode::MethodNotFound)?,
            argc: taken.count,
            bytes: taken.bytes,
            timeout: options.timeout_ms.map(|ms| Millis::limit(ms.into())),
            idempotent: options.idempotent,
            ..Call::default()
        };
        let kept = options.idempotent.then(|| taken.values.clone());
        let (settled, settles) = oneshot::channel();
        let time = now();
        let made = {
            // The call must be known before anything can settle it, so both under one borrow.
            let mut inside = driver.inside.borrow_mut();
            inside.link.call(time, &call, taken.values).inspect(|&id| {
                inside.waiting.push((id, Waiting { method: method.into(), settled, kept }));
            })
        };
        let id = made.map_err(|why| driver.not_sent(method, why))?;
        driver.tell(|_, _| {});
        driver.schedule();
        let mut guard = CancelOnDrop { driver: Rc::clone(driver), id, armed: true };
        let answer = settles.await;
        guard.armed = false;
        answer.unwrap_or_else(|_| {
            Err(Error::new("channel/closed", format!("{method}: the channel was dropped")))
        })
    }

    pub(crate) fn notify_js(&self, method: &str, args: Vec<JsValue>) -> Result<(), Error> {
        let driver = self.driver();
        let taken = driver.take_out(args).map_err(|why| driver.not_sent(method, why))?;
        let target = driver.name_id(method, FailCode::MethodNotFound)?;
        let Taken { values, count, bytes } = taken;
        driver
            .tell(|link, _| link.notify(target, false, count, bytes, values))
            .map_err(|why| driver.not_sent(method, why))?;
        driver.schedule();
        Ok(())
    }

    pub(crate) fn emit_js(&self, topic: &str, payload: JsValue) -> Result<(), Error> {
        let driver = self.driver();
        let taken = driver.take_out(given(payload)).map_err(|why| driver.not_sent(topic, why))?;
        let target = driver.name_id(topic, FailCode::Invalid)?;
        let Taken { values, count, bytes } = taken;
        driver
            .tell(|link, _| link.emit(target, count, false, bytes, values))
            .map_err(|why| driver.not_sent(topic, why))?;
        driver.schedule();
        Ok(())
    }

    pub(crate) fn on_js(&self, topic: &str) -> mpsc::UnboundedReceiver<JsValue> {
        let (send, receive) = mpsc::unbounded();
        let mut inside = self.handle.driver.inside.borrow_mut();
        // Nobody waits at the other end of these, so to drop them wakes nobody.
        inside.topics.retain(|(_, listener)| !listener.is_closed());
        if inside.end.is_none() {
            inside.topics.push((topic.into(), send));
        }
        receive
    }

    pub(crate) fn handle_js(&self, options: ConnectOptions) {
        for (name, handler) in options.methods {
            let mut inside = self.handle.driver.inside.borrow_mut();
            let before = inside.methods.iter().position(|(offered, _)| *offered == name);
            let before = before.map(|at| inside.methods.swap_remove(at));
            inside.methods.push((name, handler));
            drop(inside);
            // It may hold things of the application, whose end may come back in here.
            drop(before);
        }
    }
}

std::thread_local! {
    /// The channels of this page: a second one with the same peer under the same name is refused.
    static LIVE: RefCell<Vec<Weak<Driver>>> = const { RefCell::new(Vec::new()) };
}

/// Whether a channel of this name with this peer lives.
fn is_taken(peer: &Peer, name: &str) -> bool {
    let live: Vec<_> = LIVE.with_borrow_mut(|live| {
        live.retain(|driver| driver.strong_count() > 0);
        live.iter().filter_map(Weak::upgrade).collect()
    });
    let source = peer.source();
    live.iter().any(|driver| {
        let same_name = {
            let inside = driver.inside.borrow();
            inside.end.is_none() && inside.name == name
        };
        // A frame that was moved in its document has another window now.
        same_name && source.as_ref().zip(driver.peer().source()).is_some_and(|(a, b)| Object::is(a, &b))
    })
}

fn parse(allowed_origins: &[String], is_port: bool) -> Result<AllowList, Error> {
    if allowed_origins.is_empty() && !is_port {
        return Err(Error::new("origin/invalid", "no allowed origins: say which pages may connect"));
    }
    AllowList::parse(allowed_origins.iter().map(|entry| &**entry), false).map_err(|wrong| {
        let entry = allowed_origins.get(wrong.index).map_or("", |entry| entry);
        Error::new(
            wrong.error.code(),
            format!("\"{entry}\" ({}): write an origin such as https://pay.example", wrong.error),
        )
    })
}

/// How one call is made.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// Milliseconds to wait for the answer; 0 for ever; `None` for what the channel says.
    pub timeout_ms: Option<u32>,
    /// Whether it may be carried out twice, so that it is sent again after a reconnect.
    pub idempotent: bool,
}

/// A call whose future is dropped is cancelled at the peer.
struct CancelOnDrop {
    driver: Rc<Driver>,
    id: u32,
    armed: bool,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if self.armed {
            // Its receiver is being dropped, so to drop the sender wakes nobody.
            self.driver.inside.borrow_mut().waiting.retain(|(id, _)| *id != self.id);
            // It may have been answered in this very turn.
            let _ = self.driver.tell(|link, _| link.cancel(self.id, 0, []));
            self.driver.schedule();
        }
    }
}

/// The items of a stream of the peer. Reading gives the peer credit; dropping it ends the producer.
#[derive(Debug)]
pub(crate) struct Items {
    driver: Rc<Driver>,
    stream: u32,
    coming: mpsc::UnboundedReceiver<Item>,
    done: bool,
}

impl Items {
    pub(crate) fn new(channel: &Channel, stream: u32, items: mpsc::UnboundedReceiver<Item>) -> Self {
        Self { driver: Rc::clone(channel.driver()), stream, coming: items, done: false }
    }
}

impl Stream for Items {
    type Item = Result<JsValue, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.coming).poll_next(context) {
            Poll::Ready(Some(Ok((item, cost)))) => {
                self.driver.consumed(self.stream, cost);
                Poll::Ready(Some(Ok(item)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.done = true;
                Poll::Ready(Some(Err(error)))
            }
            Poll::Ready(None) => {
                self.done = true;
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        if !self.done {
            self.driver.stop(self.stream);
        }
    }
}
