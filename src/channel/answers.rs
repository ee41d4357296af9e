//! Calls of the peer, and the answers to them.

use super::error::{Denial, FailCode, Misbehaviour, NotSent};
use super::frame::{Frame, Kind};
use super::session::Session;
use super::slots::slot_of;
use super::write::put;

/// A call of the peer whose handler runs.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Running {
    peer_id: u32,
    /// The peer still waits for the answer.
    awaited: bool,
}

impl<P> Session<P> {
    /// Answers an [`Op::Invoke`](super::ops::Op::Invoke); `count` is 0 for `undefined`, else 1.
    ///
    /// # Errors
    ///
    /// `Gone` when nobody waits for the answer; `Busy` with too many live values: the call then still
    /// wants an answer.
    pub fn reply(
        &mut self,
        id: u32,
        count: u32,
        bytes: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        let caller = if self.has_too_many_lives() { Err(NotSent::Busy) } else { self.take_running(id) };
        let (to, caller) = (caller.unwrap_or(0), caller.map(|_| ()));
        self.push_if(caller, Kind::Reply, to, 0, count.min(1), 0, bytes, values)
    }

    /// Answers an [`Op::Invoke`](super::ops::Op::Invoke) with a failure; `count` is 1 with an error record, else 0.
    ///
    /// # Errors
    ///
    /// `Gone` when nobody waits for the answer.
    pub fn fail(
        &mut self,
        id: u32,
        code: FailCode,
        count: u32,
        bytes: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        self.clear_lives();
        let caller = self.take_running(id);
        let (to, caller) = (caller.unwrap_or(0), caller.map(|_| ()));
        self.push_if(caller, Kind::Fail, to, code.number(), count.min(1), 0, bytes, values)
    }

    fn take_running(&mut self, id: u32) -> Result<u32, NotSent> {
        let running = *self.running.get_mut(id).ok_or(NotSent::Gone)?;
        self.running.remove(id);
        if self.ended || self.left {
            return Err(NotSent::Closed);
        }
        if !running.awaited {
            return Err(NotSent::Gone);
        }
        if let Some(at) = self.running_at.get_mut(slot_of(running.peer_id) as usize) {
            *at = 0;
        }
        Ok(running.peer_id)
    }

    pub(super) fn called(&mut self, frame: &Frame<'_>, at: u32) -> Result<(), Misbehaviour> {
        let [id, target, ..] = frame.words;
        let slot = slot_of(id);
        if slot >= self.limits.pending_calls {
            return self.refuse_call(frame, FailCode::Busy);
        }
        if frame.is_export() {
            if !self.exports.contains(target) {
                return self.refuse_call(frame, FailCode::MethodNotFound);
            }
        } else {
            self.check_name(target)?;
        }
        let slot = slot as usize;
        if self.running_at.len() <= slot {
            self.running_at.resize(slot + 1, 0);
        }
        if self.running_at.get(slot).is_none_or(|&running| running != 0) {
            return Err(Misbehaviour::ReusedId);
        }
        // Handlers that ignore their abort still count.
        let running = Running { peer_id: id, awaited: true };
        let Some(local) = self.running.insert(running, self.limits.pending_calls) else {
            return self.refuse_call(frame, FailCode::Busy);
        };
        if let Some(place) = self.running_at.get_mut(slot) {
            *place = slot_of(local) + 1;
        }
        self.accept(frame.lives)?;
        put!(&mut self.out, Invoke, local, target, u32::from(frame.is_export()), at, frame.count);
        self.put_lives(frame.lives);
        Ok(())
    }

    fn refuse_call(&mut self, frame: &Frame<'_>, code: FailCode) -> Result<(), Misbehaviour> {
        let [id, ..] = frame.words;
        self.decline(frame.lives)?;
        self.batch.add(Kind::Fail, id, code.number(), 0);
        Ok(())
    }

    pub(super) fn notified(&mut self, frame: &Frame<'_>, at: u32) -> Result<(), Misbehaviour> {
        let [target, ..] = frame.words;
        if !frame.is_export() {
            self.check_name(target)?;
        } else if !self.exports.contains(target) {
            self.refused(Denial::LateFrame);
            return self.decline(frame.lives);
        }
        self.accept(frame.lives)?;
        put!(&mut self.out, Notified, target, u32::from(frame.is_export()), at, frame.count);
        self.put_lives(frame.lives);
        Ok(())
    }

    pub(super) fn cancelled(&mut self, id: u32, at: u32, count: u32) {
        let Some(place) = self.running_at.get_mut(slot_of(id) as usize) else { return };
        // No such call: the answer was on its way already.
        let Some((local, running)) = self.running.at(place.wrapping_sub(1)) else { return };
        if running.peer_id != id || !running.awaited {
            return;
        }
        running.awaited = false;
        *place = 0;
        put!(&mut self.out, Cancelled, local, at, count);
        let code = FailCode::Aborted.number();
        self.batch.add(Kind::Fail, id, code, 0);
    }

    /// Tells the handlers of the peer's calls that nobody waits any more.
    pub(super) fn abandon(&mut self) {
        for index in 0..self.running.bound() {
            if let Some((id, running)) = self.running.at(index)
                && running.awaited
            {
                running.awaited = false;
                put!(&mut self.out, Cancelled, id, 0, 0);
            }
        }
        self.running_at.clear();
    }
}
