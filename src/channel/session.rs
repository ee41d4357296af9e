//! One peer's session: numbered messages over a port, and what they carry.
//!
//! The session outlives its port: after a reconnect it goes on over another one.

use alloc::vec::Vec;

use super::answers::Running;
use super::batch::Batch;
use super::calls::Pending;
use super::error::{CloseCode, Denial, Misbehaviour, NotSent};
use super::exports::{Export, Imports};
use super::frame::{Frame, Kind, Malformed};
use super::heartbeat::Heartbeat;
use super::limits::{
    Bucket, Limits, MAX_MESSAGE_WORDS, MAX_NAMES, TAKES_ALL, TAKES_FUNCTIONS, TAKES_SIGNALS, TAKES_STREAMS,
};
use super::ops::Live;
use super::serial::precedes;
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
    /// The live values that the peer takes; all while no port is open, since the next peer may.
    pub(super) takes: u32,

    /// Number of the last message sent on this port.
    pub(super) sent: u32,
    /// Number of the last message taken from the peer on this port.
    pub(super) taken: u32,
    /// Serial of a message minus its number on this port.
    pub(super) base: u32,
    pub(super) unacked: Unacked,
    bucket: Bucket,
    pub(super) beat: Heartbeat,

    pub(super) batch: Batch,
    /// Live values written for the next body: pairs of (kind, id).
    pub(super) lives: Vec<u32>,
    /// Values of the frames that wait, and of Send outputs not yet carried out.
    pub(super) values: Vec<P>,

    pub(super) pending: Slots<Pending>,
    /// No pending call is due earlier.
    pub(super) due: Millis,
    pub(super) calls_made: u32,
    pub(super) running: Slots<Running>,
    /// The running call at each slot of the peer's ids, plus one.
    pub(super) running_at: Vec<u32>,
    pub(super) exports: Slots<Export>,
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
            bucket: Bucket::new(),
            limits,
            port: 0,
            suspended: false,
            left: false,
            ended: false,
            has_met: false,
            takes: TAKES_ALL,
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
        takes: u32,
        _witnesses: (SourceBound, OriginVerified, NonceEchoed),
    ) {
        self.port = port;
        self.takes = takes;
        self.suspended = false;
        self.sent = 1;
        self.taken = 1;
        self.unacked = Unacked::default();
        self.bucket = Bucket::new();
        self.names_known = [0; (MAX_NAMES / 32) as usize];
        put!(&mut self.out, Opened, port);
        // Only now is known what the frames that wait may hold.
        self.keep_queued(true);
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
        if seq == self.taken || precedes(seq, self.taken) {
            self.refused(Denial::DuplicateMessage);
            return Ok(Received::Taken);
        }
        if seq != self.taken.wrapping_add(1) {
            return Err(Misbehaviour::Sequence);
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

/// Whether a peer that says `takes` in its opening takes live values of this kind.
pub(super) const fn is_taken(takes: u32, kind: u32) -> bool {
    let bit = if is_stream(kind) {
        TAKES_STREAMS
    } else if kind == Live::Signal.number() || kind == Live::Aborted.number() {
        TAKES_SIGNALS
    } else {
        TAKES_FUNCTIONS
    };
    kind == Live::Error.number() || takes & bit != 0
}
