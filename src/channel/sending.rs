//! What leaves: frames in messages, the values of the driver beside them, and what became of both.

use alloc::vec::Vec;

use super::error::{FailCode, Misbehaviour, NotSent};
use super::frame::{Kind, MAX_COUNT};
use super::serial::precedes;
use super::session::Session;
use super::time::Millis;
use super::write::put;

impl<P> Session<P> {
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
    pub(super) fn was_lost(&mut self, seq: u32) -> Result<(), Misbehaviour> {
        if seq == 0 || precedes(self.sent, seq) {
            return Err(Misbehaviour::Ack);
        }
        let serial = self.base.wrapping_add(seq);
        self.lost_calls(serial);
        self.lost_streams(serial);
        self.lost_exports(serial);
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

    /// The driver could not post this message, and has posted one without frames in its place: what it
    /// carried has failed.
    pub fn unsent(&mut self, port: u32, seq: u32) {
        if port == self.port && port != 0 {
            // A number that was never used is the driver's mistake and touches nothing.
            let _ = self.was_lost(seq);
        }
    }

    /// Frames of the application that the peer has not yet taken, as far as this side knows.
    #[must_use]
    pub fn buffered(&self) -> u32 {
        self.unacked.frames.saturating_add(self.batch.counted)
    }

    pub(super) fn buffered_bytes(&self) -> u32 {
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
}
