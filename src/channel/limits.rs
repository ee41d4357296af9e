//! How much a channel may hold, and how long it may wait.

use super::time::Millis;

/// The version of the wire that this side speaks.
pub const WIRE_VERSION: u32 = 1;
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
            queued_bytes: 16 << 20,
            messages_per_second: 50_000,
            connect: Millis(10_000),
            heartbeat: Millis(5_000),
            call: Millis(30_000),
        }
    }
}

/// Lets `per_second` things through in a second, and as many at once.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Bucket {
    /// Thousandths of a thing.
    tokens: u64,
    filled: Millis,
}

impl Bucket {
    pub(super) fn full(per_second: u32, now: Millis) -> Self {
        Self { tokens: u64::from(per_second) * 1000, filled: now }
    }

    pub(super) fn take(&mut self, per_second: u32, now: Millis) -> bool {
        let rate = u64::from(per_second);
        // More than a second's worth never fits, and two numbers of 32 bits cannot overflow.
        let elapsed = now.since(self.filled).0.min(1000);
        self.filled = now;
        self.tokens = (self.tokens + elapsed * rate).min(rate * 1000);
        if self.tokens < 1000 {
            return false;
        }
        self.tokens -= 1000;
        true
    }
}
