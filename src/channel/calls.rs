//! Calls of this side, notifications and events.

use alloc::vec::Vec;

use super::error::{Denial, Executed, FailCode, Misbehaviour, NotSent};
use super::frame::{EXPORT, Frame, Kind, RETAIN};
use super::session::Session;
use super::time::Millis;
use super::write::put;

/// A call of this side that has no answer yet.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Pending {
    deadline: Millis,
    /// Serial of the message that carries it.
    pub(super) carrier: u32,
    pub(super) target: u32,
    pub(super) argc: u32,
    /// How many calls, and how many names, came before it.
    pub(super) made: u32,
    names_told: u32,
    idempotent: bool,
    /// It was kept out of other frames' messages.
    pub(super) alone: bool,
    is_export: bool,
    /// The caller has its end already; the slot waits for the peer's answer.
    given_up: bool,
}

/// What a call is to be, besides its arguments.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Call {
    /// A name id, or the id of an import.
    pub target: u32,
    /// Whether it is an import.
    pub is_export: bool,
    /// Number of arguments.
    pub argc: u32,
    /// Estimated size of the arguments.
    pub bytes: u32,
    /// How long to wait; `None` for what the limits say.
    pub timeout: Option<Millis>,
    /// Whether it may be carried out twice, so that it may be sent again after a reconnect.
    pub idempotent: bool,
}

impl Pending {
    /// Settles it as one that never left: its peer went away, or does not take a live value of the kind `untaken`.
    pub(super) fn put_unsent(&self, out: &mut Vec<u32>, id: u32, untaken: u32) {
        if !self.given_up {
            let code = if untaken == 0 { FailCode::PeerGone } else { FailCode::NotCloneable };
            put_failed(out, id, code, Executed::No, untaken);
        }
    }
}

impl<P> Session<P> {
    /// Calls a method or function of the peer. The driver adds the arguments, and the paths of live
    /// values if there are any, to its queue of values, if it does not hand them in here.
    ///
    /// # Errors
    ///
    /// `Busy` at a limit (also of arguments and live values), `Closed` after the end, `Gone` for an import of an earlier session.
    pub fn call(
        &mut self,
        now: Millis,
        call: &Call,
        values: impl IntoIterator<Item = P>,
    ) -> Result<u32, NotSent> {
        match self.place_call(now, call) {
            Ok(id) => {
                self.queue_values(values);
                Ok(id)
            }
            Err(why) => {
                self.clear_lives();
                Err(why)
            }
        }
    }

    fn place_call(&mut self, now: Millis, call: &Call) -> Result<u32, NotSent> {
        self.check_room(call.argc, call.bytes)?;
        if call.is_export && !self.imports.holds(call.target) {
            return Err(NotSent::Gone);
        }
        let deadline = now.plus(call.timeout.unwrap_or(self.limits.call));
        let pending = Pending {
            deadline,
            carrier: 0,
            target: call.target,
            argc: call.argc,
            made: self.calls_made,
            names_told: self.names_told,
            idempotent: call.idempotent,
            alone: self.batch.is_cut(),
            is_export: call.is_export,
            given_up: false,
        };
        let id = self.pending.insert(pending, self.limits.pending_calls).ok_or(NotSent::Busy)?;
        self.calls_made = self.calls_made.wrapping_add(1);
        self.due = self.due.min(deadline);
        let flags = if call.is_export { EXPORT } else { 0 };
        let carrier = self.push_body(Kind::Call, id, call.target, call.argc, flags, call.bytes);
        if let Some(pending) = self.pending.get_mut(id) {
            pending.carrier = carrier;
        }
        Ok(id)
    }

    /// Calls a method or function of the peer without waiting for an answer.
    ///
    /// # Errors
    ///
    /// As [`Session::call`].
    pub fn notify(
        &mut self,
        target: u32,
        is_export: bool,
        argc: u32,
        bytes: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        let allowed = self.check_room(argc, bytes).and_then(|()| {
            if is_export && !self.imports.holds(target) { Err(NotSent::Gone) } else { Ok(()) }
        });
        let flags = if is_export { EXPORT } else { 0 };
        self.push_if(allowed, Kind::Notify, target, 0, argc, flags, bytes, values)
    }

    /// Emits an event; `count` is 0 for `undefined`, else 1.
    ///
    /// # Errors
    ///
    /// `Busy` at a limit, `Closed` after the end.
    pub fn emit(
        &mut self,
        topic: u32,
        count: u32,
        retain: bool,
        bytes: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        let allowed = self.check_room(0, bytes);
        let flags = if retain { RETAIN } else { 0 };
        self.push_if(allowed, Kind::Event, topic, 0, count.min(1), flags, bytes, values)
    }

    /// Gives a call up: it will not be settled any more.
    ///
    /// # Errors
    ///
    /// `Gone` when it is settled, or has not left and now never will: nothing is sent then.
    pub fn cancel(
        &mut self,
        id: u32,
        count: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        self.clear_lives();
        let allowed = if self.give_up(id) { Ok(()) } else { Err(NotSent::Gone) };
        self.push_if(allowed, Kind::Cancel, id, 0, count.min(1), 0, 0, values)
    }

    /// Marks a call as given up, or forgets it; whether the peer is to be told.
    fn give_up(&mut self, id: u32) -> bool {
        let Some(call) = self.pending.get_mut(id) else { return false };
        if call.given_up {
            return false;
        }
        let waits = self.port == 0 || self.suspended;
        if waits && !self.batch.has_left(call.carrier) {
            self.pending.remove(id);
            self.withdraw(id);
            false
        } else if self.port == 0 {
            self.pending.remove(id);
            false
        } else {
            call.given_up = true;
            true
        }
    }

    /// Takes a call out of the queue.
    fn withdraw(&mut self, id: u32) {
        let mut lent: Vec<u32> = Vec::new();
        let forget = self.batch.retain(&mut |frame| {
            let [own, ..] = frame.words;
            let keep = frame.kind != Kind::Call || own != id;
            if !keep {
                lent.extend_from_slice(frame.lives);
            }
            keep
        });
        self.out.extend_from_slice(&forget);
        self.give_back(&lent);
    }

    /// Settles the calls whose time is up and finds the next deadline.
    pub(super) fn time_out(&mut self, now: Millis) {
        self.due = Millis::NEVER;
        for index in 0..self.pending.bound() {
            let Some((id, call)) = self.pending.at(index) else { continue };
            if call.given_up {
                continue;
            }
            if call.deadline > now {
                self.due = self.due.min(call.deadline);
                continue;
            }
            put_failed(&mut self.out, id, FailCode::TimedOut, Executed::NotAsked, 0);
            if self.give_up(id) {
                self.batch.add(Kind::Cancel, id, 0, 0);
            }
        }
        self.flush(now);
    }

    pub(super) fn replied(&mut self, frame: &Frame<'_>, at: u32) -> Result<(), Misbehaviour> {
        let [id, ..] = frame.words;
        match self.settled(id) {
            Some(true) => {
                self.accept(frame.lives)?;
                put!(&mut self.out, Settle, id, 0, 0, 0, at, frame.count);
                self.put_lives(frame.lives);
                Ok(())
            }
            Some(_) => self.decline(frame.lives),
            None => {
                self.refused(Denial::LateFrame);
                self.decline(frame.lives)
            }
        }
    }

    /// Frees the slot of a call that has its answer; whether the caller still waits for it.
    fn settled(&mut self, id: u32) -> Option<bool> {
        let call = self.pending.get_mut(id)?;
        let awaited = !call.given_up;
        self.pending.remove(id);
        Some(awaited)
    }

    pub(super) fn failed(&mut self, frame: &Frame<'_>, at: u32) -> Result<(), Misbehaviour> {
        let [id, code, ..] = frame.words;
        let code = FailCode::from_peer(code).ok_or(Misbehaviour::Malformed)?;
        match self.settled(id) {
            Some(true) => {
                put!(&mut self.out, Settle, id, 1, code.number(), 0, at, frame.count);
                self.put_lives(&[]);
            }
            Some(_) => {}
            None => self.refused(Denial::LateFrame),
        }
        Ok(())
    }

    /// The peer's engine could not read the message of this serial.
    pub(super) fn lost_calls(&mut self, serial: u32) {
        for index in 0..self.pending.bound() {
            if let Some((id, call)) = self.pending.at(index)
                && call.carrier == serial
            {
                if !call.given_up {
                    put_failed(&mut self.out, id, FailCode::NotCloneable, Executed::NotAsked, 0);
                }
                self.pending.remove(id);
            }
        }
    }

    /// Settles every call, or with `keep` those that cannot go on over another port, and tells the
    /// handlers of the peer's calls that nobody waits any more.
    pub(super) fn settle_calls(&mut self, how: FailCode, goodbye: bool, keep: bool) {
        for index in 0..self.pending.bound() {
            let Some((id, call)) = self.pending.at(index) else { continue };
            let left = self.batch.has_left(call.carrier);
            let since = self.names_since.get(call.target as usize).copied().unwrap_or(0);
            let goes_on = !left || (call.idempotent && since < call.names_told);
            if keep && goes_on && !call.is_export && !call.given_up {
                continue;
            }
            let (carrier, given_up) = (call.carrier, call.given_up);
            self.pending.remove(id);
            if given_up {
                continue;
            }
            let executed = match how {
                FailCode::PeerGone if self.never_taken(carrier, goodbye) => Executed::No,
                FailCode::PeerGone => Executed::Unknown,
                _ => Executed::NotAsked,
            };
            put_failed(&mut self.out, id, how, executed, 0);
        }
        self.abandon();
    }
}

/// Settles a call that failed here; `kind` is the live value that it failed for, or 0.
fn put_failed(out: &mut Vec<u32>, id: u32, code: FailCode, executed: Executed, kind: u32) {
    put!(out, Settle, id, 1, code.number(), executed.number(), kind, 0);
    out.push(0);
}
