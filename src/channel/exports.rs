//! Functions and signals lent to the other side, and those borrowed from it.

use alloc::vec::Vec;

use super::error::{Denial, Misbehaviour, NotSent};
use super::frame::{Kind, MAX_LIVES, pairs_of};
use super::limits::MAX_EXPORTS;
use super::session::{Session, is_export, is_stream, is_taken};
use super::slots::slot_of;
use super::write::put;

/// A function or signal that is lent to the peer.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Export {
    /// References that the peer holds or that are on their way to it.
    pub(super) references: u32,
    /// Serial of the last message that carried some of them, and how many.
    carrier: u32,
    carried: u32,
}

impl Export {
    fn travels(&mut self, serial: u32) {
        if self.carrier != serial {
            self.carrier = serial;
            self.carried = 0;
        }
        self.references += 1;
        self.carried += 1;
    }
}

#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Import {
    id: u32,
    /// How often it has arrived since it was last released; 0 for none.
    count: u32,
}

/// What the peer has lent, by the slot of its id.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Imports(Vec<Import>);

impl Imports {
    pub(super) fn holds(&self, id: u32) -> bool {
        self.0.get(slot_of(id) as usize).is_some_and(|import| import.id == id && import.count > 0)
    }

    fn arrive(&mut self, id: u32) -> Result<(), Misbehaviour> {
        let slot = slot_of(id);
        if slot >= MAX_EXPORTS {
            return Err(Misbehaviour::TooMany);
        }
        let slot = slot as usize;
        if self.0.len() <= slot {
            self.0.resize(slot + 1, Import::default());
        }
        let import = self.0.get_mut(slot).ok_or(Misbehaviour::TooMany)?;
        if import.count > 0 && import.id != id {
            return Err(Misbehaviour::ReusedId);
        }
        import.id = id;
        import.count = import.count.checked_add(1).ok_or(Misbehaviour::TooMany)?;
        Ok(())
    }

    fn take(&mut self, id: u32) -> u32 {
        match self.0.get_mut(slot_of(id) as usize) {
            Some(import) if import.id == id => core::mem::take(&mut import.count),
            _ => 0,
        }
    }
}

impl<P> Session<P> {
    /// An id for a function or signal that is to cross; it counts from its first crossing on.
    ///
    /// # Errors
    ///
    /// `Busy` when too many are lent out.
    pub fn export(&mut self) -> Result<u32, NotSent> {
        self.exports.insert(Export::default(), MAX_EXPORTS).ok_or(NotSent::Busy)
    }

    /// Takes back an id that has never crossed.
    pub fn unexport(&mut self, id: u32) {
        if self.exports.get_mut(id).is_some_and(|export| export.references == 0) {
            self.exports.remove(id);
        }
    }

    /// Adds a live value to the next body. False when the peer does not take this kind: the body must not be sent, and
    /// `clear_lives` drops what was added before.
    #[must_use]
    pub fn live(&mut self, kind: u32, id: u32) -> bool {
        let taken = is_taken(self.takes, kind);
        if taken {
            self.lives.extend_from_slice(&[kind, id]);
        }
        taken
    }

    pub(super) fn has_too_many_lives(&self) -> bool {
        self.lives.len() > MAX_LIVES as usize * 2
    }

    /// Drops the live values written for a body that will not be sent.
    pub fn clear_lives(&mut self) {
        if self.lives.is_empty() {
            return;
        }
        let lives = core::mem::take(&mut self.lives);
        for (kind, id) in pairs_of(&lives) {
            if is_export(kind) && self.exports.get_mut(id).is_some_and(|export| export.references == 0) {
                self.exports.remove(id);
                put!(&mut self.out, ExportDropped, id);
            } else if is_stream(kind) {
                self.drop_unsent_stream(id);
            }
        }
    }

    /// Appends a frame with the live values written for it; the result is the serial of its message.
    #[inline(never)]
    pub(super) fn push_body(
        &mut self,
        kind: Kind,
        first: u32,
        second: u32,
        count: u32,
        flags: u32,
        bytes: u32,
    ) -> u32 {
        if self.lives.is_empty() {
            return self.batch.push(kind, first, second, count, flags, &[], bytes);
        }
        let mut lives = core::mem::take(&mut self.lives);
        let serial = self.batch.push(kind, first, second, count, flags, &lives, bytes);
        for (kind, id) in pairs_of(&lives) {
            if is_export(kind) {
                if let Some(export) = self.exports.get_mut(id) {
                    export.travels(serial);
                }
            } else if is_stream(kind) {
                self.stream_leaves(id, serial);
            }
        }
        lives.clear();
        self.lives = lives;
        serial
    }

    /// Appends a frame and its values, or drops its live values.
    #[allow(clippy::too_many_arguments, reason = "a struct would be built in memory at every caller")]
    pub(super) fn push_if(
        &mut self,
        allowed: Result<(), NotSent>,
        kind: Kind,
        first: u32,
        second: u32,
        count: u32,
        flags: u32,
        bytes: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        if allowed.is_ok() {
            self.push_body(kind, first, second, count, flags, bytes);
            self.queue_values(values);
        } else {
            self.clear_lives();
        }
        allowed
    }

    /// Takes back the references of a frame that never left.
    pub(super) fn give_back(&mut self, lives: &[u32]) {
        for (kind, id) in pairs_of(lives) {
            if is_export(kind) {
                self.drop_references(id, 1);
            } else if is_stream(kind) && self.outgoing.remove(id) {
                put!(&mut self.out, StreamStopped, id, 0, 0);
            }
        }
    }

    /// The peer's engine could not read the message of this serial: it counts nothing of what came in it.
    pub(super) fn lost_exports(&mut self, serial: u32) {
        for index in 0..self.exports.bound() {
            if let Some((id, export)) = self.exports.at(index)
                && export.carrier == serial
                && export.carried > 0
            {
                let carried = core::mem::take(&mut export.carried);
                self.drop_references(id, carried);
            }
        }
    }

    fn drop_references(&mut self, id: u32, count: u32) -> bool {
        let Some(export) = self.exports.get_mut(id) else { return false };
        let Some(left) = export.references.checked_sub(count) else { return false };
        export.references = left;
        if left == 0 {
            self.exports.remove(id);
            put!(&mut self.out, ExportDropped, id);
        }
        true
    }

    /// Counts the live values of a body that the driver will see.
    pub(super) fn accept(&mut self, lives: &[u32]) -> Result<(), Misbehaviour> {
        for (kind, id) in pairs_of(lives) {
            if is_export(kind) {
                self.imports.arrive(id)?;
            } else if is_stream(kind) {
                self.stream_arrives(id, false)?;
            }
        }
        Ok(())
    }

    /// Gives back the live values of a body that the driver will not see.
    pub(super) fn decline(&mut self, lives: &[u32]) -> Result<(), Misbehaviour> {
        for (kind, id) in pairs_of(lives) {
            if is_export(kind) {
                self.batch.add(Kind::Release, id, 1, 0);
            } else if is_stream(kind) {
                self.stream_arrives(id, true)?;
                self.batch.add(Kind::Stop, id, 0, 0);
            }
        }
        Ok(())
    }

    /// Gives back what the peer has lent, as often as it has arrived.
    pub fn release_import(&mut self, id: u32) {
        let count = self.imports.take(id);
        if count > 0 && !self.ended {
            self.batch.add(Kind::Release, id, count, 0);
        }
    }

    /// The peer gives references back.
    pub(super) fn released(&mut self, id: u32, count: u32) -> Result<(), Misbehaviour> {
        if count > 0 && self.drop_references(id, count) { Ok(()) } else { Err(Misbehaviour::Release) }
    }

    /// Tells the peer that a signal it holds has aborted; `count` is 1 with a reason.
    ///
    /// # Errors
    ///
    /// `Gone` when the peer does not hold it.
    pub fn abort_export(
        &mut self,
        id: u32,
        count: u32,
        values: impl IntoIterator<Item = P>,
    ) -> Result<(), NotSent> {
        let held = self.exports.get_mut(id).is_some_and(|export| export.references > 0);
        let allowed = if held && !self.ended { Ok(()) } else { Err(NotSent::Gone) };
        self.push_if(allowed, Kind::Abort, id, 0, count.min(1), 0, 0, values)
    }

    pub(super) fn aborted(&mut self, id: u32, at: u32, count: u32) {
        if self.imports.holds(id) {
            put!(&mut self.out, SignalAborted, id, at, count);
        } else {
            // Released just before.
            self.refused(Denial::LateFrame);
        }
    }
}
