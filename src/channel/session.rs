//! One peer's session: numbered messages over a port, and what they carry.
//!
//! The session outlives its port: after a reconnect it goes on over another one.

use alloc::vec::Vec;

use super::batch::Batch;
use super::calls::{Pending, Running};
use super::error::{CloseCode, Denial, Executed, FailCode, Misbehaviour, NotSent};
use super::exports::Imports;
use super::frame::{Frame, Kind, MAX_COUNT, Malformed, pairs_of};
use super::heartbeat::{Beat, Heartbeat};
use super::limits::{Bucket, Limits, MAX_MESSAGE_WORDS, MAX_NAMES};
use super::ops::Live;
use super::slots::Slots;
use super::streams::{Incoming, Outgoing};
use super::time::Millis;
use super::unacked::Unacked;
use super::witness::{NonceEchoed, OriginVerified, SourceBound};
use super::write::put;

/// What a message meant for the session as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Received {
    /// The session goes on.
    Taken,
    /// The peer's page is unloaded.
    Goodbye,
    /// The peer closed the channel; its reason stands at `at`.
    Close { code: CloseCode, at: u32, count: u32 },
}

/// The state of a session. `P` is what stands for a value of the application.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own; most pairs can hold together")]
pub struct Session<P> {
    pub(super) limits: Limits,
    /// The port, 0 for none.
    pub(super) port: u32,
    /// The peer's page sleeps: nothing is sent until it speaks again.
    pub(super) suspended: bool,
    /// This page is being unloaded: nothing counts any more.
    pub(super) left: bool,
    pub(super) ended: bool,
    /// There has been a port before.
    pub(super) has_met: bool,

    /// Number of the last message sent on this port.
    pub(super) sent: u32,
    /// Number of the last message taken from the peer on this port.
    taken: u32,
    /// Serial of a message minus its number on this port.
    pub(super) base: u32,
    unacked: Unacked,
    bucket: Bucket,
    pub(super) beat: Heartbeat,

    pub(super) batch: Batch,
    /// Live values written for the next body: pairs of (kind, id).
    pub(super) lives: Vec<u32>,
    /// Values of the frames that wait, and of Send outputs not yet carried out.
    values: Vec<P>,

    pub(super) pending: Slots<Pending>,
    /// No pending call is due earlier.
    pub(super) due: Millis,
    pub(super) calls_made: u32,
    pub(super) running: Slots<Running>,
    /// The running call at each slot of the peer's ids, plus one.
    pub(super) running_at: Vec<u32>,
    /// References that the peer holds or that are on their way to it, by export.
    pub(super) exports: Slots<u32>,
    pub(super) imports: Imports,
    pub(super) outgoing: Slots<Outgoing>,
    pub(super) incoming: Vec<Incoming>,

    /// How many names this side has told.
    pub(super) names_told: u32,
    /// For each name id, how many names had been told before it got its present string.
    pub(super) names_since: Vec<u32>,
    /// A bit for each name id of the peer.
    names_known: [u32; (MAX_NAMES / 32) as usize],

    pub(super) out: Vec<u32>,
}

impl<P> Session<P> {
    /// A session without a port.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            bucket: Bucket::full(limits.messages_per_second, Millis(0)),
            limits,
            port: 0,
            suspended: false,
            left: false,
            ended: false,
            has_met: false,
            sent: 0,
            taken: 0,
            base: 0,
            unacked: Unacked::default(),
            beat: Heartbeat::default(),
            batch: Batch::default(),
            lives: Vec::new(),
            values: Vec::new(),
            pending: Slots::default(),
            due: Millis::NEVER,
            calls_made: 0,
            running: Slots::default(),
            running_at: Vec::new(),
            exports: Slots::default(),
            imports: Imports::default(),
            outgoing: Slots::default(),
            incoming: Vec::new(),
            names_told: 0,
            names_since: Vec::new(),
            names_known: [0; (MAX_NAMES / 32) as usize],
            out: Vec::new(),
        }
    }

    /// Begins to use a port on which both openings have been exchanged. The three witnesses are what a
    /// session rests on, so they are used up here.
    pub(super) fn attach(
        &mut self,
        now: Millis,
        port: u32,
        _witnesses: (SourceBound, OriginVerified, NonceEchoed),
    ) {
        self.port = port;
        self.suspended = false;
        self.sent = 1;
        self.taken = 1;
        self.unacked = Unacked::default();
        self.bucket = Bucket::full(self.limits.messages_per_second, now);
        self.names_known = [0; (MAX_NAMES / 32) as usize];
        put!(&mut self.out, Opened, port);
        self.send_again();
        self.beat.stop();
        self.flush(now);
    }

    /// Takes one message of the peer, of which the driver keeps the values.
    pub(super) fn receive(
        &mut self,
        now: Millis,
        seq: u32,
        ack: u32,
        mut words: &[u32],
        values: u32,
    ) -> Result<Received, Misbehaviour> {
        if self.left {
            return Ok(Received::Taken);
        }
        if !self.bucket.take(self.limits.messages_per_second, now) {
            return Err(Misbehaviour::Rate);
        }
        match seq.wrapping_sub(self.taken) {
            1 => {}
            ahead if ahead == 0 || ahead > u32::MAX / 2 => {
                self.refused(Denial::DuplicateMessage);
                return Ok(Received::Taken);
            }
            _ => return Err(Misbehaviour::Sequence),
        }
        if words.len() > MAX_MESSAGE_WORDS as usize {
            return Err(Misbehaviour::TooMany);
        }
        if !self.unacked.acknowledge(ack, self.sent) {
            return Err(Misbehaviour::Ack);
        }
        self.taken = seq;
        self.suspended = false;
        self.beat.heard();

        let mut pinged = false;
        let mut at = 0_u32;
        while let Some(frame) = Frame::decode(&mut words)? {
            let end = at.checked_add(frame.values()).ok_or(Misbehaviour::Malformed)?;
            if end > values {
                return Err(Misbehaviour::Malformed);
            }
            pinged |= frame.kind == Kind::Ping;
            match self.handle(&frame, at)? {
                Received::Taken => at = end,
                last => return Ok(last),
            }
        }
        if at != values {
            return Err(Misbehaviour::Malformed);
        }
        self.unacked.forget_taken();
        if self.suspended {
            // Or a peer that falls asleep at the end of each message could make the queue grow for ever.
            self.send_all();
        } else if pinged {
            self.flush(now);
        }
        self.arm(now);
        Ok(Received::Taken)
    }

    fn handle(&mut self, frame: &Frame<'_>, at: u32) -> Result<Received, Misbehaviour> {
        let [id, second, ..] = frame.words;
        match frame.kind {
            Kind::Open => return Err(Misbehaviour::Opening),
            Kind::Name => self.name_told(id, at)?,
            Kind::Call => self.called(frame, at)?,
            Kind::Notify => self.notified(frame, at)?,
            Kind::Event => {
                self.check_name(id)?;
                self.accept(frame.lives)?;
                put!(&mut self.out, Event, id, u32::from(frame.flags != 0), at, frame.count);
                self.put_lives(frame.lives);
            }
            Kind::Reply => self.replied(frame, at)?,
            Kind::Fail => self.failed(frame, at)?,
            Kind::Cancel => self.cancelled(id, at, frame.count),
            Kind::Release => self.released(id, second)?,
            Kind::Abort => self.aborted(id, at, frame.count),
            Kind::Item => self.item_came(frame, at)?,
            Kind::End | Kind::Reset => self.stream_over(frame, at),
            Kind::Credit => self.credited(id, second),
            Kind::Stop => self.stopped(id, at, frame.count),
            Kind::Ping => {
                self.batch.add(Kind::Pong, id, 0, 0);
            }
            Kind::Pong => self.beat.answered(id),
            Kind::Lost => self.was_lost(id)?,
            Kind::Suspend => {
                self.suspended = true;
                self.beat.stop();
            }
            // Any message ends the sleep.
            Kind::Resume => {}
            Kind::Goodbye => return Ok(Received::Goodbye),
            Kind::Close => {
                let code = CloseCode::from_peer(id).ok_or(Misbehaviour::Malformed)?;
                return Ok(Received::Close { code, at, count: frame.count });
            }
        }
        Ok(Received::Taken)
    }

    /// A message could not be read by this side's engine. The peer learns which one it was.
    pub(super) fn lost(&mut self, now: Millis) {
        if self.left {
            return;
        }
        self.taken = self.taken.wrapping_add(1);
        self.beat.heard();
        self.batch.add(Kind::Lost, self.taken, 0, 0);
        self.flush(now);
    }

    /// A message of this side could not be read by the peer: what it carried has failed.
    fn was_lost(&mut self, seq: u32) -> Result<(), Misbehaviour> {
        if seq == 0 || self.sent.wrapping_sub(seq) > u32::MAX / 2 {
            return Err(Misbehaviour::Ack);
        }
        let serial = self.base.wrapping_add(seq);
        self.lost_calls(serial);
        self.lost_streams(serial);
        match self.unacked.subject(seq) {
            Some((Kind::Reply, id)) => {
                let code = FailCode::NotCloneable.number();
                self.batch.add(Kind::Fail, id, code, 0);
            }
            Some((Kind::Item, id)) => self.lost_item(id),
            _ => {}
        }
        Ok(())
    }

    fn name_told(&mut self, id: u32, at: u32) -> Result<(), Misbehaviour> {
        let word = self.names_known.get_mut((id / 32) as usize).ok_or(Misbehaviour::Malformed)?;
        *word |= 1 << (id % 32);
        put!(&mut self.out, Name, id, at);
        Ok(())
    }

    /// Whether the peer has told this name.
    pub(super) fn check_name(&self, id: u32) -> Result<(), Misbehaviour> {
        let word = self.names_known.get((id / 32) as usize).copied().unwrap_or(0);
        if word >> (id % 32) & 1 == 1 { Ok(()) } else { Err(Misbehaviour::UnknownName) }
    }

    /// Gives the next name id to a string of the driver, which adds the string to its queue of values.
    /// Ids go round: the driver forgets what the id meant before.
    ///
    /// # Errors
    ///
    /// `Busy` when all ids are taken and the frames that use the oldest cannot leave now.
    pub fn intern(&mut self, now: Millis) -> Result<u32, NotSent> {
        if self.ended {
            return Err(NotSent::Closed);
        }
        let id = self.names_told % MAX_NAMES;
        if self.names_told >= MAX_NAMES {
            // Frames that wait may use the old string.
            self.flush(now);
            if !self.batch.is_empty() || self.port == 0 {
                return Err(NotSent::Busy);
            }
        }
        match self.names_since.get_mut(id as usize) {
            Some(since) => *since = self.names_told,
            None => self.names_since.push(self.names_told),
        }
        self.names_told += 1;
        self.batch.add(Kind::Name, id, 0, 1);
        Ok(id)
    }

    /// Keeps the frames that wait and those that follow out of one message. A driver does so around a
    /// frame whose values may turn out unreadable for the peer, so that it takes no other with it.
    pub fn cut(&mut self) {
        self.batch.cut();
    }

    /// Sends what waits, in as few messages as the limits allow.
    pub fn flush(&mut self, now: Millis) {
        if self.port == 0 || self.suspended || self.left || self.batch.is_empty() {
            return;
        }
        if self.buffered_bytes() > self.limits.queued_bytes / 4 {
            self.ping();
        }
        self.send_all();
        self.arm(now);
    }

    /// Sends what waits even to a sleeping peer.
    pub(super) fn send_all(&mut self) {
        let Self { batch, out, unacked, port, sent, taken, .. } = self;
        batch.send(|message, words| {
            *sent = sent.wrapping_add(1);
            unacked.sent(*sent, message);
            let n = u32::try_from(words.len()).unwrap_or(0);
            put!(out, Send, *port, *sent, *taken, message.values, n);
            out.extend_from_slice(words);
        });
    }

    /// Sends one message whose values the driver takes from what it keeps, unless there is nothing in it.
    pub(super) fn send_kept(&mut self, names: u32, calls: u32, words: &mut Vec<u32>) {
        if words.is_empty() {
            return;
        }
        self.sent = self.sent.wrapping_add(1);
        self.unacked.sent_again(self.sent, calls);
        let n = u32::try_from(words.len()).unwrap_or(0);
        put!(&mut self.out, Again, self.port, self.sent, self.taken, names, calls, n);
        self.out.append(words);
    }

    /// Asks the peer for a sign of life, unless a question is open.
    pub(super) fn ping(&mut self) {
        if let Some(token) = self.beat.ask() {
            self.batch.add(Kind::Ping, token, 0, 0);
        }
    }

    /// Asks the peer at once whether it still lives.
    pub fn ping_now(&mut self, now: Millis) {
        if self.port != 0 {
            self.ping();
            self.flush(now);
        }
    }

    /// The driver could not post this message, and has posted one without frames in its place: what it
    /// carried has failed.
    pub fn unsent(&mut self, port: u32, seq: u32) {
        if port == self.port && port != 0 {
            // A number that was never used is the driver's mistake and touches nothing.
            let _ = self.was_lost(seq);
        }
    }

    /// Asks the peer which frames it has taken, if it may not have taken all.
    pub fn probe(&mut self) {
        if self.port != 0 && self.buffered() > 0 {
            self.ping();
        }
    }

    /// Frames of the application that the peer has not yet taken, as far as this side knows.
    #[must_use]
    pub fn buffered(&self) -> u32 {
        self.unacked.frames.saturating_add(self.batch.counted)
    }

    fn buffered_bytes(&self) -> u32 {
        self.unacked.bytes.saturating_add(self.batch.bytes)
    }

    /// Whether a frame with values of this number and size may be added now.
    pub(super) fn check_room(&self, count: u32, bytes: u32) -> Result<(), NotSent> {
        if self.ended || self.left {
            return Err(NotSent::Closed);
        }
        if count > MAX_COUNT || self.has_too_many_lives() {
            return Err(NotSent::Busy);
        }
        let buffered = self.buffered_bytes();
        let with = buffered.saturating_add(bytes).saturating_add(super::limits::FRAME_BYTES);
        // One value larger than the limit still crosses, alone.
        if buffered > 0 && with > self.limits.queued_bytes { Err(NotSent::Busy) } else { Ok(()) }
    }

    /// Whether frames wait to be sent.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.batch.is_empty()
    }

    /// Whether the peer owes an answer or an acknowledgement, or a stream is open.
    fn owed(&self) -> bool {
        self.pending.len() > 0
            || self.unacked.frames > 0
            || self.outgoing.len() > 0
            || self.incoming.iter().any(Incoming::is_open)
            || self.beat.is_waiting()
    }

    /// Starts the heartbeat if something is owed.
    pub(super) fn arm(&mut self, now: Millis) {
        if self.port != 0 && !self.suspended && !self.left && !self.beat.is_running() && self.owed() {
            self.beat.start(now, self.limits.heartbeat);
        }
    }

    /// Looks at the clock. The result is true when the peer has been silent for too long.
    pub(super) fn wake(&mut self, now: Millis) -> bool {
        if now >= self.due {
            self.time_out(now);
        }
        if self.port == 0 || self.suspended || !self.beat.is_due(now) {
            return false;
        }
        let owed = self.owed();
        match self.beat.beat(now, self.limits.heartbeat, owed) {
            Beat::Quiet => false,
            Beat::Ask(token) => {
                self.batch.add(Kind::Ping, token, 0, 0);
                self.flush(now);
                false
            }
            Beat::Gone => true,
        }
    }

    /// When to look at the clock again.
    pub(super) fn next_wake(&self) -> Millis {
        self.due.min(self.beat.due())
    }

    /// Lets the port go and keeps what may go on over another one: calls that may be sent twice, and
    /// frames that have not left. `goodbye` says that the peer named the last message it took.
    pub(super) fn detach(&mut self, goodbye: bool) {
        self.settle_calls(FailCode::PeerGone, goodbye, true);
        self.lose_streams();
        self.imports = Imports::default();
        put!(&mut self.out, ImportsGone);
        self.keep_queued();
        self.port = 0;
        self.suspended = false;
        self.beat.stop();
        self.unacked = Unacked::default();
    }

    /// Drops frames of the queue that only the old peer understood.
    fn keep_queued(&mut self) {
        for index in 0..self.exports.bound() {
            if let Some((_, references)) = self.exports.at(index) {
                *references = 0;
            }
        }
        for index in 0..self.outgoing.bound() {
            if let Some((_, stream)) = self.outgoing.at(index) {
                stream.forget_peer();
            }
        }
        let Self { batch, out, pending, exports, outgoing, .. } = self;
        let forget = batch.retain(&mut |frame| {
            let [id, ..] = frame.words;
            let travels = match frame.kind {
                Kind::Name => true,
                Kind::Call => pending.contains(id),
                Kind::Notify | Kind::Event => !frame.is_export(),
                _ => false,
            };
            // A function of the old peer cannot go home to the new one.
            let keep = travels && pairs_of(frame.lives).all(|(kind, _)| kind != Live::Home.number());
            if !keep {
                if frame.kind == Kind::Call
                    && let Some(call) = pending.get_mut(id)
                {
                    call.put_gone(out, id, Executed::No);
                    pending.remove(id);
                }
                return false;
            }
            for (kind, id) in pairs_of(frame.lives) {
                if is_export(kind) {
                    if let Some(references) = exports.get_mut(id) {
                        *references += 1;
                    }
                } else if is_stream(kind)
                    && let Some(stream) = outgoing.get_mut(id)
                {
                    stream.is_queued();
                }
            }
            true
        });
        self.out.extend_from_slice(&forget);
        for index in 0..self.exports.bound() {
            if let Some((id, 0)) = self.exports.at(index).map(|(id, references)| (id, *references)) {
                self.exports.remove(id);
                put!(&mut self.out, ExportDropped, id);
            }
        }
        self.stop_streams(&|stream| !stream.has_travelled());
    }

    /// Ends the session for good: everything that waits is settled.
    pub(super) fn end(&mut self, how: FailCode, goodbye: bool) {
        self.ended = true;
        self.settle_calls(how, goodbye, false);
        self.lose_streams();
        self.stop_streams(&|_| true);
        self.port = 0;
        self.due = Millis::NEVER;
        self.beat.stop();
        self.batch = Batch::default();
        self.lives = Vec::new();
        self.unacked = Unacked::default();
    }

    /// Whether the message of this serial has certainly not been taken by the peer that said goodbye.
    pub(super) fn never_taken(&self, serial: u32, goodbye: bool) -> bool {
        !self.batch.has_left(serial) || (goodbye && self.unacked.is_waiting(serial.wrapping_sub(self.base)))
    }

    /// Takes values off the head of the queue, for a [`Op::Send`](super::ops::Op::Send).
    pub fn take_values(&mut self, count: u32) -> Vec<P> {
        let count = (count as usize).min(self.values.len());
        let rest = self.values.split_off(count);
        core::mem::replace(&mut self.values, rest)
    }

    /// Removes values from the middle of the queue, for a [`Op::Forget`](super::ops::Op::Forget).
    pub fn forget_values(&mut self, at: u32, count: u32) {
        let from = (at as usize).min(self.values.len());
        let to = from.saturating_add(count as usize).min(self.values.len());
        self.values.drain(from..to);
    }

    /// Adds a value to the queue, for frames whose values were not handed in with them: names.
    pub fn queue(&mut self, value: P) {
        self.values.push(value);
    }

    pub(super) fn queue_values(&mut self, values: impl IntoIterator<Item = P>) {
        self.values.extend(values);
    }

    pub(super) fn put_lives(&mut self, lives: &[u32]) {
        self.out.push(u32::try_from(lives.len() / 2).unwrap_or(0));
        self.out.extend_from_slice(lives);
    }

    pub(super) fn refused(&mut self, denial: Denial) {
        put!(&mut self.out, Refused, denial.number(), 0);
    }
}

impl From<Malformed> for Misbehaviour {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Whether a live value of this kind is an export of the sender.
pub(super) const fn is_export(kind: u32) -> bool {
    kind == Live::Function.number() || kind == Live::Signal.number()
}

/// Whether a live value of this kind is a stream of the sender.
pub(super) const fn is_stream(kind: u32) -> bool {
    kind == Live::Iterable.number() || kind == Live::Readable.number()
}
