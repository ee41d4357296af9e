//! How much a channel may hold, and how long it may wait.

use super::time::Millis;

/// The version of the wire that this side speaks.
pub const WIRE_VERSION: u32 = 1;
/// In an opening: its sender takes functions.
pub const TAKES_FUNCTIONS: u32 = 1;
/// Its sender takes abort signals.
pub const TAKES_SIGNALS: u32 = 2;
/// Its sender takes streams.
pub const TAKES_STREAMS: u32 = 4;
/// Its sender takes every kind of live value.
pub const TAKES_ALL: u32 = TAKES_FUNCTIONS | TAKES_SIGNALS | TAKES_STREAMS;
/// Names that one side may have told at a time; their ids are used round and round.
pub const MAX_NAMES: u32 = 1024;
/// Functions and signals that one side may have lent out at a time.
pub const MAX_EXPORTS: u32 = 65_536;
/// Streams that one side may have open towards the other at a time.
pub const MAX_STREAMS: u32 = 4096;
/// Header words in one port message; a peer that sends more breaks the protocol.
pub const MAX_MESSAGE_WORDS: u32 = 32_768;
/// What a frame counts as in bytes, besides its values.
pub const FRAME_BYTES: u32 = 32;
/// Credit units a consumer gives when a stream is first read.
pub const STREAM_WINDOW: u32 = 1 << 20;
/// The least that a stream item costs.
pub const MIN_ITEM_COST: u32 = 32;

/// What one channel may hold and how long it may wait.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Calls without an answer, on each side; above it `call/busy`.
    pub pending_calls: u32,
    /// Estimated bytes sent and not yet taken by the peer, or waiting to be sent; above it `call/busy`.
    /// Also the largest body that the driver sends or takes from the peer.
    pub queued_bytes: u32,
    /// Port messages taken from the peer in a second, and at once; above it the channel is closed.
    pub messages_per_second: u32,
    /// How long meeting the peer, or meeting it again, may take.
    pub connect: Millis,
    /// How often to ask whether the peer still lives, while something is owed.
    pub heartbeat: Millis,
    /// How long a call may take that does not say.
    pub call: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pending_calls: 10_000,
            queued_bytes: 64 << 20,
            messages_per_second: 50_000,
            connect: Millis::new(10_000.0),
            heartbeat: Millis::new(5_000.0),
            call: Millis::new(30_000.0),
        }
    }
}

/// Lets `per_second` things through in a second, and as many at once.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Bucket {
    /// When all that was let through will have been earned.
    earned_at: Millis,
}

impl Bucket {
    pub(super) const fn new() -> Self {
        Self { earned_at: Millis::new(0.0) }
    }

    pub(super) fn take(&mut self, per_second: u32, now: Millis) -> bool {
        let each = 1000.0 / f64::from(per_second);
        let owed = self.earned_at.since(now);
        // Half a thing is as good as none: a second does not divide into all numbers without a rest.
        if owed.get() + each / 2.0 > 1000.0 {
            return false;
        }
        self.earned_at = now.plus(owed).plus(Millis::new(each));
        true
    }
}
