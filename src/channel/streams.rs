//! Streams in both directions. Each ends with exactly one End or Reset of its producer.

use super::error::{Denial, Misbehaviour, NotSent};
use super::frame::{Frame, Kind};
use super::limits::{MAX_STREAMS, MIN_ITEM_COST};
use super::session::Session;
use super::slots::slot_of;
use super::write::put;

/// A stream that this side produces.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Outgoing {
    credit: i64,
    /// Serial of the message that carries the live value.
    carrier: u32,
    /// A frame with it waits or has left.
    travels: bool,
}

impl Outgoing {
    /// The peer that gave credit is gone.
    pub(super) fn forget_peer(&mut self) {
        self.credit = 0;
        self.travels = false;
    }

    /// A frame that waits carries it.
    pub(super) fn is_queued(&mut self) {
        self.travels = true;
    }

    pub(super) const fn has_travelled(&self) -> bool {
        self.travels
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
enum Reading {
    /// No stream in this slot.
    #[default]
    Nothing,
    Open,
    /// The consumer left; the producer has not yet said that it knows.
    Left,
}

/// A stream that the peer produces, at the slot of its id.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Incoming {
    id: u32,
    reading: Reading,
    /// Credit given and not yet used.
    credit: i64,
    /// Consumed and not yet given again.
    consumed: u32,
    window: u32,
}

impl Incoming {
    pub(super) fn is_open(&self) -> bool {
        self.reading != Reading::Nothing
    }
}

impl<P> Session<P> {
    /// An id for a stream that this side will produce, without credit.
    ///
    /// # Errors
    ///
    /// `Busy` when too many are open.
    pub fn open_stream(&mut self) -> Result<u32, NotSent> {
        let stream = Outgoing { credit: 0, carrier: 0, travels: false };
        self.outgoing.insert(stream, MAX_STREAMS).ok_or(NotSent::Busy)
    }

    pub(super) fn stream_leaves(&mut self, id: u32, serial: u32) {
        if let Some(stream) = self.outgoing.get_mut(id) {
            stream.carrier = serial;
            stream.travels = true;
        }
    }

    pub(super) fn drop_unsent_stream(&mut self, id: u32) {
        if self.outgoing.get_mut(id).is_some_and(|stream| !stream.travels) {
            self.outgoing.remove(id);
            put!(&mut self.out, StreamStopped, id, 0, 0);
        }
    }

    /// Sends an item; `count` is 0 for `undefined`. The result is the credit left: the last item may
    /// go below zero.
    ///
    /// # Errors
    ///
    /// `Busy` without credit or with too many live values, `Gone` when the stream is over.
    pub fn item(
        &mut self,
        id: u32,
        count: u32,
        bytes: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<i64, NotSent> {
        let cost = bytes.max(MIN_ITEM_COST);
        let too_many = self.has_too_many_lives();
        let taken = match self.outgoing.get_mut(id) {
            Some(stream) if stream.credit > 0 && !too_many => {
                stream.credit -= i64::from(cost);
                Ok(stream.credit)
            }
            Some(_) => Err(NotSent::Busy),
            None => Err(NotSent::Gone),
        };
        self.push_if(taken.map(|_| ()), Kind::Item, id, cost, count.min(1), 0, bytes, values)?;
        taken
    }

    /// Ends a stream of this side, with a return value if `count` is 1.
    ///
    /// # Errors
    ///
    /// `Gone` when the stream is over.
    pub fn end_stream(
        &mut self,
        id: u32,
        count: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        self.finish_stream(Kind::End, id, count, values)
    }

    /// Breaks a stream of this side, with an error record if `count` is 1.
    ///
    /// # Errors
    ///
    /// `Gone` when the stream is over.
    pub fn reset_stream(
        &mut self,
        id: u32,
        count: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        self.finish_stream(Kind::Reset, id, count, values)
    }

    fn finish_stream(
        &mut self,
        kind: Kind,
        id: u32,
        count: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        self.clear_lives();
        let known = self.outgoing.get_mut(id).is_some_and(|stream| stream.travels);
        self.outgoing.remove(id);
        let allowed = if known { Ok(()) } else { Err(NotSent::Gone) };
        self.push_if(allowed, kind, id, 0, count.min(1), 0, 0, values)
    }

    /// Gives a window of credit to a stream of the peer that is read for the first time.
    pub fn grant(&mut self, id: u32, window: u32) {
        if let Some(stream) = self.reading(id) {
            stream.window = window;
            self.give_credit(id, window);
        }
    }

    /// The reader has taken items of this cost.
    pub fn consumed(&mut self, id: u32, cost: u32) {
        if let Some(stream) = self.reading(id) {
            stream.consumed = stream.consumed.saturating_add(cost);
            if stream.consumed >= stream.window / 4 {
                let credit = core::mem::take(&mut stream.consumed);
                self.give_credit(id, credit);
            }
        }
    }

    fn give_credit(&mut self, id: u32, credit: u32) {
        if let Some(stream) = self.reading(id) {
            stream.credit = stream.credit.saturating_add(i64::from(credit));
        }
        self.batch.add(Kind::Credit, id, credit, 0);
    }

    /// Leaves a stream of the peer, with a reason if `count` is 1.
    ///
    /// # Errors
    ///
    /// `Gone` when the stream is over.
    pub fn stop_stream(
        &mut self,
        id: u32,
        count: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        self.clear_lives();
        let allowed = match self.reading(id) {
            Some(stream) => {
                stream.reading = Reading::Left;
                Ok(())
            }
            None => Err(NotSent::Gone),
        };
        self.push_if(allowed, Kind::Stop, id, 0, count.min(1), 0, 0, values)
    }

    /// The stream of this id, if somebody reads it.
    fn reading(&mut self, id: u32) -> Option<&mut Incoming> {
        let stream = self.incoming.get_mut(slot_of(id) as usize)?;
        (stream.id == id && stream.reading == Reading::Open).then_some(stream)
    }

    pub(super) fn stream_arrives(&mut self, id: u32, left: bool) -> Result<(), Misbehaviour> {
        let slot = slot_of(id);
        if slot >= MAX_STREAMS {
            return Err(Misbehaviour::TooMany);
        }
        let slot = slot as usize;
        if self.incoming.len() <= slot {
            self.incoming.resize(slot + 1, Incoming::default());
        }
        let stream = self.incoming.get_mut(slot).ok_or(Misbehaviour::TooMany)?;
        if stream.is_open() {
            return Err(Misbehaviour::ReusedId);
        }
        let reading = if left { Reading::Left } else { Reading::Open };
        *stream = Incoming { id, reading, ..Incoming::default() };
        Ok(())
    }

    pub(super) fn item_came(&mut self, frame: &Frame<'_>, at: u32) -> Result<(), Misbehaviour> {
        let [id, cost, ..] = frame.words;
        if cost < MIN_ITEM_COST {
            return Err(Misbehaviour::Malformed);
        }
        let Some(stream) = self.reading(id) else {
            // Sent before the producer knew that the reader left.
            return self.decline(frame.lives);
        };
        if stream.credit <= 0 {
            return Err(Misbehaviour::Credit);
        }
        stream.credit -= i64::from(cost);
        self.accept(frame.lives)?;
        put!(&mut self.out, StreamItem, id, cost, at, frame.count);
        self.put_lives(frame.lives);
        Ok(())
    }

    pub(super) fn stream_over(&mut self, frame: &Frame<'_>, at: u32) {
        let [id, ..] = frame.words;
        let found = self.incoming.get_mut(slot_of(id) as usize);
        let was = match found {
            Some(stream) if stream.id == id => core::mem::take(&mut stream.reading),
            _ => Reading::Nothing,
        };
        match was {
            Reading::Open if frame.kind == Kind::End => put!(&mut self.out, StreamEnd, id, at, frame.count),
            Reading::Open => put!(&mut self.out, StreamReset, id, at, frame.count, 0),
            Reading::Left => {}
            Reading::Nothing => self.refused(Denial::LateFrame),
        }
    }

    pub(super) fn credited(&mut self, id: u32, credit: u32) {
        // A Credit that comes after the end was sent before the consumer knew of it.
        if let Some(stream) = self.outgoing.get_mut(id) {
            stream.credit = stream.credit.saturating_add(i64::from(credit));
            if let Ok(credit) = u32::try_from(stream.credit.min(i64::from(u32::MAX)))
                && credit > 0
            {
                put!(&mut self.out, StreamReady, id, credit);
            }
        }
    }

    pub(super) fn stopped(&mut self, id: u32, at: u32, count: u32) {
        if self.outgoing.remove(id) {
            put!(&mut self.out, StreamStopped, id, at, count);
            self.batch.add(Kind::End, id, 0, 0);
        }
    }

    /// The peer's engine could not read the message of this serial.
    pub(super) fn lost_streams(&mut self, serial: u32) {
        self.stop_streams(&|stream| stream.travels && stream.carrier == serial);
    }

    /// Ends streams of this side of which nobody will hear.
    pub(super) fn stop_streams(&mut self, ends: &dyn Fn(&Outgoing) -> bool) {
        for index in 0..self.outgoing.bound() {
            if let Some((id, stream)) = self.outgoing.at(index)
                && ends(stream)
            {
                self.outgoing.remove(id);
                put!(&mut self.out, StreamStopped, id, 0, 0);
            }
        }
    }

    /// The peer's engine could not read an item: the stream has a hole, so it breaks.
    pub(super) fn lost_item(&mut self, id: u32) {
        if self.outgoing.remove(id) {
            put!(&mut self.out, StreamStopped, id, 0, 0);
            self.batch.add(Kind::Reset, id, 0, 0);
        }
    }

    /// Breaks every stream of the peer.
    pub(super) fn lose_streams(&mut self) {
        for stream in core::mem::take(&mut self.incoming) {
            if stream.reading == Reading::Open {
                put!(&mut self.out, StreamReset, stream.id, 0, 0, 1);
            }
        }
    }
}
