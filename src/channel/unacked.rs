//! Messages that have left and that the peer has not yet said to have taken.

use alloc::vec::Vec;

use super::batch::Message;
use super::frame::Kind;
use super::limits::FRAME_BYTES;
use super::serial::precedes;

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Sent {
    seq: u32,
    frames: u32,
    bytes: u32,
    subject: Option<(Kind, u32)>,
}

#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Unacked {
    /// Messages that carry something of the application, oldest first.
    messages: Vec<Sent>,
    pub(super) frames: u32,
    pub(super) bytes: u32,
    /// The last number that the peer said to have taken.
    acked: u32,
}

impl Unacked {
    pub(super) fn sent(&mut self, seq: u32, message: &Message) {
        self.add(Sent { seq, frames: message.counted, bytes: message.bytes, subject: message.subject });
    }

    pub(super) fn sent_again(&mut self, seq: u32, calls: u32) {
        self.add(Sent { seq, frames: calls, bytes: calls * FRAME_BYTES, subject: None });
    }

    fn add(&mut self, sent: Sent) {
        if sent.frames > 0 {
            self.frames = self.frames.saturating_add(sent.frames);
            self.bytes = self.bytes.saturating_add(sent.bytes);
            self.messages.push(sent);
        }
    }

    /// The peer says that it has taken everything up to `ack`; false if that cannot be.
    pub(super) fn acknowledge(&mut self, ack: u32, sent: u32) -> bool {
        let possible = ack.wrapping_sub(self.acked) <= sent.wrapping_sub(self.acked);
        if possible {
            self.acked = ack;
        }
        possible
    }

    /// Forgets the messages that were taken. Not done at once, so that a Lost frame in the message that
    /// acknowledges them still finds what they carried.
    pub(super) fn forget_taken(&mut self) {
        let taken = self.messages.iter().take_while(|sent| !self.is_waiting(sent.seq)).count();
        for sent in self.messages.drain(..taken) {
            self.frames = self.frames.saturating_sub(sent.frames);
            self.bytes = self.bytes.saturating_sub(sent.bytes);
        }
    }

    /// Whether the peer has not said to have taken this message.
    pub(super) const fn is_waiting(&self, seq: u32) -> bool {
        seq != self.acked && !precedes(seq, self.acked)
    }

    /// The reply or item in a message.
    pub(super) fn subject(&self, seq: u32) -> Option<(Kind, u32)> {
        self.messages.iter().find(|sent| sent.seq == seq).and_then(|sent| sent.subject)
    }
}
