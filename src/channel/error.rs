//! What can go wrong, by whose fault.

use core::fmt;

use super::code::codes;

codes! {
    /// Why a greeting, a frame or a message was dropped. It is never answered.
    Denial {
        /// The event was made by a script, not by the browser.
        NotTrusted = 1,
        /// Another window than the bound one sent it.
        WrongSource = 2,
        /// The origin is not on the allow-list.
        OriginNotAllowed = 3,
        /// The origin is opaque and no opaque peer is expected, or the other way round.
        OpaqueOrigin = 4,
        /// The message carries another tag. The driver drops those before they arrive here.
        NotOurs = 5,
        /// The peer speaks another version of the wire.
        WrongVersion = 6,
        /// The greeting is for a channel of another name.
        WrongChannel = 7,
        /// A field is missing or has the wrong form.
        Malformed = 8,
        /// A field is longer than the limit.
        TooLarge = 9,
        /// The greeting answers a nonce that is not ours, or no longer.
        WrongNonce = 10,
        /// A greeting that has had its effect already, or an offer after the first one was accepted.
        Replayed = 11,
        /// A greeting that makes no sense for this kind of peer.
        Unexpected = 12,
        /// A port message that had arrived before.
        DuplicateMessage = 32,
        /// An answer to no call, a frame for no stream: late, or made up.
        LateFrame = 33,
        /// A message for a port that is not in use any more.
        ClosedPort = 34,
        /// A notification or event of this side: it holds a live value that the peer does not take.
        NotTaken = 35,
    }
}

codes! {
    /// How the peer broke the protocol. The channel is closed with `channel/protocol`.
    Misbehaviour {
        /// Words that are no frame, or values that no frame announced.
        Malformed = 1,
        /// A port message is missing.
        Sequence = 2,
        /// It took a message that was never sent, or takes one back.
        Ack = 3,
        /// More messages in a second than the limit.
        Rate = 4,
        /// A frame before the port was opened, or a second opening.
        Opening = 5,
        /// The opening answers another nonce.
        WrongEcho = 6,
        /// A call by a name that was never told.
        UnknownName = 7,
        /// A call or stream whose id is in use.
        ReusedId = 8,
        /// More stream items than credit was given for.
        Credit = 9,
        /// More live things than the limit.
        TooMany = 10,
        /// More references released than there were.
        Release = 11,
        /// A value has not the form its frame announced (found by the driver).
        Value = 12,
        /// A value is nested deeper than the limit (found by the driver).
        Depth = 13,
        /// A name is longer than the limit (found by the driver).
        NameLength = 14,
    }
}

codes! {
    /// Why a call failed. Numbers under 16 come from the peer, the others are found on this side.
    FailCode {
        /// No such method, or the function called is gone.
        MethodNotFound = 1,
        /// The receiver's `authorize` said no.
        Denied = 2,
        /// The handler threw.
        Threw = 3,
        /// A limit of the receiver is reached.
        Busy = 4,
        /// The arguments or the result do not fit the schema.
        Invalid = 5,
        /// A value cannot cross.
        NotCloneable = 6,
        /// The call was cancelled before it ended.
        Aborted = 7,
        /// No answer in time.
        TimedOut = 16,
        /// The peer is gone.
        PeerGone = 17,
        /// This side closed the channel.
        ChannelClosed = 18,
        /// The channel was closed because one side broke the protocol.
        Protocol = 19,
    }
}

codes! {
    /// Why a channel ended. Numbers under 3 also stand in a Close frame.
    CloseCode {
        /// One side closed it.
        Closed = 0,
        /// One side broke the protocol.
        Protocol = 1,
        /// One side sent more messages in a second than the limit.
        Rate = 2,
        /// The peer is gone and will not come back.
        PeerGone = 3,
        /// No peer, or no reconnect, in time.
        TimedOut = 4,
        /// The window now holds a forbidden origin.
        Refused = 5,
        /// The peer speaks another version of the wire.
        Version = 6,
    }
}

codes! {
    /// Whether a call that failed with [`FailCode::PeerGone`] was carried out.
    Executed {
        /// The question does not arise.
        NotAsked = 0,
        /// Certainly not.
        No = 1,
        /// It may have been.
        Unknown = 2,
    }
}

impl FailCode {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Aborted => "call/aborted",
            Self::Busy => "call/busy",
            Self::ChannelClosed => "channel/closed",
            Self::Denied => "call/denied",
            Self::Invalid => "call/invalid",
            Self::MethodNotFound => "call/method-not-found",
            Self::NotCloneable => "call/not-cloneable",
            Self::PeerGone => "call/peer-gone",
            Self::Protocol => "channel/protocol",
            Self::Threw => "call/threw",
            Self::TimedOut => "call/timed-out",
        }
    }

    /// The code in a frame of the peer: it may not speak for this side.
    #[must_use]
    pub const fn from_peer(number: u32) -> Option<Self> {
        if number < 16 { Self::from_number(number) } else { None }
    }
}

impl CloseCode {
    /// Stable code, also the `code` that the JavaScript `closed` resolves with.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Closed => "channel/closed",
            Self::PeerGone => "call/peer-gone",
            Self::Protocol | Self::Rate => "channel/protocol",
            Self::Refused | Self::Version => "connect/refused",
            Self::TimedOut => "connect/timed-out",
        }
    }

    /// The code in a Close frame of the peer.
    #[must_use]
    pub const fn from_peer(number: u32) -> Option<Self> {
        if number < 3 { Self::from_number(number) } else { None }
    }
}

/// Why this side may not send a frame now.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum NotSent {
    /// A limit is reached: calls that wait for an answer, bytes that wait to be taken, live things.
    Busy,
    /// The channel is closed.
    Closed,
    /// What the frame is about is gone: a call already answered, a stream that ended, a function of an
    /// earlier session.
    Gone,
}

impl NotSent {
    /// The number returned in its place at the border: negative, so that it is no id.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::Busy => -1,
            Self::Closed => -2,
            Self::Gone => -3,
        }
    }

    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Busy => "call/busy",
            Self::Closed => "channel/closed",
            Self::Gone => "call/peer-gone",
        }
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for NotSent {}
