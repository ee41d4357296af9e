//! A session without its peer: what goes on over another port, and what ends.

use alloc::vec::Vec;

use super::batch::Batch;
use super::error::{Denial, FailCode};
use super::exports::{Export, Imports};
use super::frame::{Kind, pairs_of};
use super::limits::TAKES_ALL;
use super::ops::Live;
use super::session::{Session, is_export, is_stream, is_taken};
use super::time::Millis;
use super::unacked::Unacked;
use super::write::put;

impl<P> Session<P> {
    /// Lets the port go and keeps what may go on over another one: calls that may be sent twice, and
    /// frames that have not left. `goodbye` says that the peer named the last message it took.
    pub(super) fn detach(&mut self, goodbye: bool) {
        self.settle_calls(FailCode::PeerGone, goodbye, true);
        self.lose_streams();
        self.imports = Imports::default();
        put!(&mut self.out, ImportsGone);
        self.takes = TAKES_ALL;
        self.keep_queued(false);
        self.port = 0;
        self.suspended = false;
        self.beat.stop();
        self.unacked = Unacked::default();
    }

    /// Drops frames of the queue that only the old peer understood; with `opened`, those that hold what the new one does
    /// not take.
    #[inline(never)]
    pub(super) fn keep_queued(&mut self, opened: bool) {
        for index in 0..self.exports.bound() {
            if let Some((_, export)) = self.exports.at(index) {
                export.references = 0;
            }
        }
        for index in 0..self.outgoing.bound() {
            if let Some((_, stream)) = self.outgoing.at(index) {
                stream.forget_peer();
            }
        }
        let Self { batch, out, pending, exports, outgoing, takes, .. } = self;
        let forget = batch.retain(&mut |frame| {
            let [id, ..] = frame.words;
            let travels = match frame.kind {
                Kind::Name => true,
                Kind::Call => pending.contains(id),
                Kind::Notify | Kind::Event => !frame.is_export(),
                // Of a signal in a frame before it.
                Kind::Abort => exports.get_mut(id).is_some_and(|export| export.references > 0),
                _ => opened,
            };
            let (mut keep, mut untaken) = (travels, 0);
            for (kind, _) in pairs_of(frame.lives) {
                if !is_taken(*takes, kind) {
                    untaken = kind;
                }
                // A function of the old peer cannot go home to the new one.
                keep &= untaken == 0 && kind != Live::Home.number();
            }
            if !keep {
                if frame.kind != Kind::Call {
                    if untaken != 0 {
                        put!(out, Refused, Denial::NotTaken.number(), untaken);
                    }
                } else if let Some(call) = pending.get_mut(id) {
                    call.put_unsent(out, id, untaken);
                    pending.remove(id);
                }
                return false;
            }
            for (kind, id) in pairs_of(frame.lives) {
                if is_export(kind) {
                    if let Some(export) = exports.get_mut(id) {
                        export.references += 1;
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
            if let Some((id, Export { references: 0, .. })) = self.exports.at(index) {
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
}
