//! Frames that wait to be sent, cut into messages.

use alloc::vec::Vec;

use super::frame::{Frame, Kind, encode};
use super::limits::FRAME_BYTES;
use super::serial::precedes;
use super::write::put;

const MAX_FRAMES: u32 = 1000;
const MAX_BYTES: u32 = 256 << 10;
const MAX_WORDS: u32 = 16_384;

/// What one port message holds.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Message {
    pub(super) words: u32,
    pub(super) values: u32,
    pub(super) frames: u32,
    /// Frames that say something of the application.
    pub(super) counted: u32,
    pub(super) bytes: u32,
    /// The reply or stream item that it carries, for the case that the peer cannot read it.
    pub(super) subject: Option<(Kind, u32)>,
}

/// Frames that wait to be sent. Messages are numbered through all ports; the number is their serial.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Batch {
    words: Vec<u32>,
    messages: Vec<Message>,
    /// The next frame begins a message of its own.
    is_cut: bool,
    /// Of the first message that waits.
    first_serial: u32,
    /// Counted frames, and their bytes, in all messages.
    pub(super) counted: u32,
    pub(super) bytes: u32,
}

impl Batch {
    /// Appends a frame of up to two words.
    #[inline(never)]
    pub(super) fn add(&mut self, kind: Kind, first: u32, second: u32, count: u32) {
        self.push(kind, first, second, count, 0, &[], 0);
    }

    /// Appends a frame; the result is the serial of the message that will carry it.
    #[allow(clippy::too_many_arguments, reason = "a frame would be built in memory for each call")]
    pub(super) fn push(
        &mut self,
        kind: Kind,
        first: u32,
        second: u32,
        count: u32,
        flags: u32,
        lives: &[u32],
        value_bytes: u32,
    ) -> u32 {
        let bytes = value_bytes.saturating_add(FRAME_BYTES);
        let cut = core::mem::take(&mut self.is_cut);
        let full = self.messages.last().is_none_or(|last| {
            cut || last.frames >= MAX_FRAMES
                || last.words >= MAX_WORDS
                || (last.frames > 0 && last.bytes.saturating_add(bytes) > MAX_BYTES)
        });
        if full {
            self.messages.push(Message::default());
        }
        let before = self.words.len();
        encode(&mut self.words, kind, [first, second], count, flags, lives);
        let grown = self.words.len() - before;
        if let Some(last) = self.messages.last_mut() {
            last.words += u32::try_from(grown).unwrap_or(0);
            last.values += count + u32::from(!lives.is_empty());
            last.frames += 1;
            if kind.is_counted() {
                last.counted += 1;
                last.bytes = last.bytes.saturating_add(bytes);
                self.counted += 1;
                self.bytes = self.bytes.saturating_add(bytes);
            }
            if let Kind::Reply | Kind::Item = kind {
                last.subject = Some((kind, first));
            }
        }
        self.last_serial()
    }

    /// What waits and what follows will not share a message.
    pub(super) fn cut(&mut self) {
        self.is_cut = true;
    }

    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The serial of the message that the last frame went into.
    pub(super) fn last_serial(&self) -> u32 {
        let waiting = u32::try_from(self.messages.len()).unwrap_or(0);
        self.first_serial.wrapping_add(waiting).wrapping_sub(1)
    }

    /// The serial of the first message not yet sent.
    pub(super) const fn first_serial(&self) -> u32 {
        self.first_serial
    }

    /// Whether the message of this serial has left.
    pub(super) const fn has_left(&self, serial: u32) -> bool {
        precedes(serial, self.first_serial)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Hands out every message with its words, in order, and is empty then.
    pub(super) fn send(&mut self, mut each: impl FnMut(&Message, &[u32])) {
        let mut rest: &[u32] = &self.words;
        for message in &self.messages {
            let (words, after) = rest.split_at_checked(message.words as usize).unwrap_or((rest, &[]));
            rest = after;
            each(message, words);
        }
        self.first_serial = self.last_serial().wrapping_add(1);
        self.words.clear();
        self.messages.clear();
        self.counted = 0;
        self.bytes = 0;
    }

    /// Removes the frames for which `keep` says no. The result are the operations that tell the driver
    /// where their values stood among those that are left. Messages keep their serials, even when
    /// nothing is left in them.
    pub(super) fn retain(&mut self, keep: &mut dyn FnMut(&Frame<'_>) -> bool) -> Vec<u32> {
        let mut forget = Vec::new();
        let old = core::mem::take(&mut self.words);
        let mut words: &[u32] = &old;
        let mut at = 0;
        for message in &mut self.messages {
            let kept_before = self.words.len();
            for _ in 0..message.frames {
                let Ok(Some(frame)) = Frame::decode(&mut words) else { break };
                let values = frame.values();
                if keep(&frame) {
                    frame.encode(&mut self.words);
                    at += values;
                    continue;
                }
                message.frames -= 1;
                message.values -= values;
                if frame.kind.is_counted() {
                    message.counted -= 1;
                    self.counted -= 1;
                }
                if values > 0 {
                    put!(&mut forget, Forget, at, values);
                }
            }
            message.words = u32::try_from(self.words.len() - kept_before).unwrap_or(0);
            if message.counted == 0 {
                self.bytes = self.bytes.saturating_sub(message.bytes);
                message.bytes = 0;
            }
        }
        forget
    }
}
