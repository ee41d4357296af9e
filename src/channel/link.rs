//! A link: the handshake, the session, and the session again after a reconnect.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use crate::origin::AllowList;

use super::arrival::{Arrival, Role};
use super::error::{CloseCode, Denial, FailCode, Misbehaviour, NotSent};
use super::frame::Kind;
use super::handshake::Handshake;
use super::limits::Limits;
use super::nonce::Nonce;
use super::opening::{Opening, takes_of};
use super::ops::{Greeting, State};
use super::session::{Received, Session};
use super::time::Millis;
use super::write::put;

/// What stands on the other side.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Peer {
    /// A window with an origin on the allow-list.
    #[default]
    Window,
    /// A window whose origin is `"null"`.
    Opaque,
    /// A port or a worker.
    Port,
}

/// How a link is to behave.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Config {
    /// What stands on the other side.
    pub peer: Peer,
    /// This page's own origin is `"null"`.
    pub own_opaque: bool,
    /// The peer's origin, for a window.
    pub allowed: AllowList,
    /// The channel's name.
    pub name: String,
    /// The secret that both sides of an opaque channel hold; empty for none.
    pub shared_nonce: String,
    /// What the channel may hold and how long it may wait.
    pub limits: Limits,
    /// Whether a peer that went away is met again.
    pub reconnect: bool,
    /// The live values that this side takes: a sum of `TAKES_*` of [`limits`](super::limits).
    pub takes: u32,
}

/// A channel's whole life as a state machine without I/O.
///
/// The driver hands in what happens and carries out the operations that [`Link::poll`] writes. It
/// keeps the values: what stands for one here is `P`, which may be `()`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Link<P> {
    handshake: Handshake,
    session: Session<P>,
    state: State,
    reconnect: bool,
    /// When connecting or reconnecting has taken too long.
    deadline: Millis,
    /// The time that the driver has been told to come back at, and has not yet.
    told_wake: Millis,
}

/// What belongs to a session rather than to the link: calls, replies, events, live values, streams.
impl<P> Deref for Link<P> {
    type Target = Session<P>;

    fn deref(&self) -> &Session<P> {
        &self.session
    }
}

impl<P> DerefMut for Link<P> {
    fn deref_mut(&mut self) -> &mut Session<P> {
        &mut self.session
    }
}

impl<P> Link<P> {
    /// A link that has done nothing yet; the time it may take to connect runs from `now`.
    #[must_use]
    pub fn new(now: Millis, config: Config) -> Self {
        let role = match config.peer {
            Peer::Port => Role::Port,
            _ if config.own_opaque => Role::OpaqueChild,
            Peer::Opaque => Role::OpaqueHost,
            Peer::Window => Role::Window,
        };
        Self {
            handshake: Handshake::new(role, config.allowed, config.name, config.shared_nonce, config.takes),
            deadline: now.plus(config.limits.connect),
            session: Session::new(config.limits),
            state: State::Connecting,
            reconnect: config.reconnect,
            told_wake: Millis::NEVER,
        }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Says which window is the peer's, by the driver's number for it; 0 for none.
    pub const fn bind(&mut self, window: u32) {
        self.handshake.bind(window);
    }

    /// Says which origin the peer's page probably has, such as the frame's `src`.
    pub fn hint(&mut self, origin: &str) {
        self.handshake.hint(origin);
    }

    /// Supplies 128 random bits. Without them no attempt to meet can begin.
    pub fn entropy(&mut self, nonce: Nonce) {
        self.handshake.entropy(nonce);
    }

    /// Whether random bits are wanted.
    #[must_use]
    pub fn wants_entropy(&self) -> bool {
        self.handshake.wants_entropy()
    }

    /// Greets the peer now.
    pub fn greet(&mut self, now: Millis) {
        if self.state != State::Closed && self.session.port == 0 {
            self.handshake.greet(now, &mut self.session.out);
        }
    }

    /// Takes a greeting.
    pub fn arrive(&mut self, now: Millis, arrival: &Arrival<'_>) {
        if self.state == State::Closed {
            return;
        }
        let open = self.session.port != 0;
        let busy = open && !self.reconnect;
        let Err(denial) = self.handshake.arrive(now, arrival, open, busy, &mut self.session.out) else {
            if self.handshake.has_kept() {
                self.session.ping_now(now);
            }
            return;
        };
        let version = if denial == Denial::WrongVersion { arrival.version } else { 0 };
        put!(&mut self.session.out, Refused, denial.number(), version);
        // Some engines only put a page to sleep that has been navigated away from.
        if open && !self.session.suspended {
            return;
        }
        match denial {
            Denial::WrongVersion => {
                self.finish(FailCode::PeerGone, false, CloseCode::Version, [version, 0, 0]);
            }
            // The page that the session was with has been replaced by a stranger's.
            Denial::OriginNotAllowed | Denial::OpaqueOrigin
                if self.state == State::Reconnecting && arrival.kind == Greeting::Hello.number() =>
            {
                self.finish(FailCode::PeerGone, false, CloseCode::Refused, [0; 3]);
            }
            _ => {}
        }
    }

    /// Takes a message of a port: its words, and how many values came with it.
    pub fn receive(&mut self, now: Millis, port: u32, seq: u32, ack: u32, words: &[u32], values: u32) {
        if self.state == State::Closed {
            return;
        }
        if port == self.session.port && port != 0 {
            match self.session.receive(now, seq, ack, words, values) {
                Ok(Received::Taken) => {
                    self.follow_sleep(now);
                    // The Pong: whatever was said on this port before the Hello is known now.
                    if self.handshake.has_kept() && !self.session.beat.is_waiting() {
                        self.handshake.answer_kept(now, true, &mut self.session.out);
                    }
                }
                Ok(Received::Goodbye) => self.lose(now, true),
                Ok(Received::Close { code, at, count }) => {
                    let how = if code == CloseCode::Closed { FailCode::PeerGone } else { FailCode::Protocol };
                    self.finish(how, true, code, [0, at, count]);
                }
                Err(misbehaviour) => self.violation(misbehaviour),
            }
            return;
        }
        match self.handshake.opening(port, seq, words, values, &mut self.session.out) {
            Opening::Opened(witnesses) => {
                let old = self.session.port;
                if old != 0 {
                    self.session.detach(false);
                    put!(&mut self.session.out, ClosePort, old);
                    self.set_state(State::Reconnecting);
                }
                self.deadline = Millis::NEVER;
                self.session.attach(now, port, takes_of(words), witnesses);
                self.set_state(State::Open);
            }
            Opening::Broken => self.session.refused(Denial::Malformed),
            Opening::NotMine => self.session.refused(Denial::ClosedPort),
        }
    }

    /// The engine could not read a message of this port (`messageerror`).
    pub fn lost(&mut self, now: Millis, port: u32) {
        if port == self.session.port && port != 0 {
            self.session.lost(now);
            self.follow_sleep(now);
        } else {
            self.handshake.close(port, &mut self.session.out);
        }
    }

    /// The clock has reached the time that the last Wake named.
    pub fn wake(&mut self, now: Millis) {
        self.told_wake = Millis::NEVER;
        if self.state == State::Closed {
            return;
        }
        if now >= self.deadline {
            self.finish(FailCode::PeerGone, false, CloseCode::TimedOut, [0; 3]);
            return;
        }
        if now >= self.handshake.retry_at {
            let open = self.session.port != 0;
            self.handshake.retry(now, open, &mut self.session.out);
        }
        if self.session.wake(now) {
            self.lose(now, false);
        }
    }

    /// The peer's window or worker does not exist any more.
    pub fn peer_gone(&mut self) {
        if self.state != State::Closed {
            self.finish(FailCode::PeerGone, false, CloseCode::PeerGone, [0; 3]);
        }
    }

    /// This page goes to sleep in the back-forward cache.
    pub fn suspend(&mut self) {
        self.say(Kind::Suspend);
        self.session.beat.stop();
    }

    /// This page is back.
    pub fn resume(&mut self, now: Millis) {
        self.say(Kind::Resume);
        self.session.arm(now);
    }

    /// This page is being unloaded.
    pub fn leave(&mut self) {
        self.say(Kind::Goodbye);
        self.session.left = true;
    }

    fn say(&mut self, kind: Kind) {
        if self.session.port != 0 {
            self.session.batch.add(kind, 0, 0, 0);
            self.session.send_all();
        }
    }

    /// The driver found that a value of the peer breaks the protocol.
    pub fn violation(&mut self, misbehaviour: Misbehaviour) {
        if self.state == State::Closed {
            return;
        }
        let code = if misbehaviour == Misbehaviour::Rate { CloseCode::Rate } else { CloseCode::Protocol };
        self.say_close(code, 0);
        self.finish(FailCode::Protocol, false, code, [misbehaviour.number(), 0, 0]);
    }

    /// Sends what waits, says why, and ends; `count` is 1 with a reason for the peer.
    ///
    /// # Errors
    ///
    /// `Gone` when there is no peer to hear the reason, `Closed` when the link had ended before.
    pub fn close(&mut self, count: u32, values: impl IntoIterator<Item = P>) -> Result<(), NotSent> {
        if self.state == State::Closed {
            return Err(NotSent::Closed);
        }
        let heard = self.session.port != 0;
        if heard {
            self.session.queue_values(values);
            self.say_close(CloseCode::Closed, count.min(1));
        }
        self.finish(FailCode::ChannelClosed, false, CloseCode::Closed, [0; 3]);
        if heard { Ok(()) } else { Err(NotSent::Gone) }
    }

    fn say_close(&mut self, code: CloseCode, count: u32) {
        if self.session.port != 0 && !self.session.left {
            self.session.batch.add(Kind::Close, code.number(), 0, count);
            self.session.send_all();
        }
    }

    /// The page that the session was with is certainly gone, though it said no goodbye: its frame was
    /// moved in the document.
    pub fn page_gone(&mut self, now: Millis) {
        if self.session.port != 0 {
            self.lose(now, false);
        }
    }

    /// The peer said goodbye or has been silent for too long.
    fn lose(&mut self, now: Millis, goodbye: bool) {
        if !self.reconnect || self.handshake.role() == Role::OpaqueHost {
            self.finish(FailCode::PeerGone, goodbye, CloseCode::PeerGone, [0; 3]);
            return;
        }
        let old = self.session.port;
        self.session.detach(goodbye);
        put!(&mut self.session.out, ClosePort, old);
        self.deadline = now.plus(self.session.limits.connect);
        self.handshake.restart(now);
        self.handshake.answer_kept(now, false, &mut self.session.out);
        self.set_state(State::Reconnecting);
    }

    fn finish(&mut self, how: FailCode, goodbye: bool, code: CloseCode, rest: [u32; 3]) {
        let port = self.session.port;
        self.session.end(how, goodbye);
        if port != 0 {
            put!(&mut self.session.out, ClosePort, port);
        }
        self.handshake.stop(&mut self.session.out);
        self.deadline = Millis::NEVER;
        self.set_state(State::Closed);
        let [detail, at, count] = rest;
        put!(&mut self.session.out, Closed, code.number(), detail, at, count);
    }

    /// A peer that sleeps is awaited; no time is set for it, since a page may be left for long.
    fn follow_sleep(&mut self, now: Millis) {
        let state = if self.session.suspended { State::Reconnecting } else { State::Open };
        if state != self.state {
            self.set_state(state);
            self.session.flush(now);
        }
    }

    fn set_state(&mut self, state: State) {
        self.state = state;
        put!(&mut self.session.out, State, state.number());
    }

    /// Swaps the operations written since the last time into `words`, whose old content is dropped.
    pub fn poll(&mut self, now: Millis, words: &mut Vec<u32>) {
        let next = self.session.next_wake().min(self.deadline).min(self.handshake.retry_at);
        if self.told_wake != next {
            self.told_wake = next;
            put!(&mut self.session.out, Wake, next.since(now).rounded_up());
        }
        words.clear();
        core::mem::swap(words, &mut self.session.out);
    }
}
