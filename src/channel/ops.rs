//! The words in which a link tells its driver what to do.
//!
//! A link writes into one buffer of `u32`: an operation's number, then its fields. Fields named `at`
//! and `count` point into the values of the message just received: `count` values from position `at`;
//! where `k` is above 0, an array of `k` paths is the value behind them, and `k` pairs of (kind, id)
//! follow `k` in the buffer. Fields `values` and `n` of a Send say how many values to take from the
//! head of the queue of outgoing values, and how many words follow.
//!
//! `www/lib/internal/ops.ts` is written from this table and from [`super::error`].

use super::code::codes;

macro_rules! ops {
    ($($(#[$what:meta])* $name:ident = $number:literal ($($field:ident),*)),+ $(,)?) => {
        codes! {
            /// What the driver is to do.
            Op { $($(#[$what])* $name = $number),+ }
        }

        impl Op {
            /// The names of the fields, in order; `k` and `n` are followed by a variable part.
            #[must_use]
            pub const fn fields(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$(stringify!($field)),*]),+ }
            }
        }
    };
}

ops! {
    /// Post a greeting on the gate; Ready and Offer make a channel, keep one end as `port` and transfer
    /// the other.
    Post = 1 (kind, target, port, mine0, mine1, mine2, mine3, yours0, yours1, yours2, yours3, has_yours),
    /// Keep the port that came with the greeting that just arrived.
    TakePort = 2 (port),
    /// Close a port and forget it.
    ClosePort = 3 (port),
    /// Remember the origin of the greeting that just arrived: posts go to it from here on.
    Pinned = 4 (),
    /// The session runs on this port now, with the origin last pinned.
    Opened = 5 (port),
    /// The state has changed.
    State = 6 (state),
    /// Post `[seq, ack, n, words…, values…]` on the port.
    Send = 7 (port, seq, ack, values, n),
    /// Post a message whose values are not in the queue: first `names` frames of 2 words (the string of
    /// the name id in the second word), then `calls` frames of 3 words (the arguments of the call whose
    /// id is the second word).
    Again = 8 (port, seq, ack, names, calls, n),
    /// Remove values from the queue of outgoing values: `count` of them from position `at`.
    Forget = 9 (at, count),
    /// Run a handler and answer with `id`.
    Invoke = 10 (id, target, is_export, at, argc, k),
    /// Run a handler; nobody waits for the answer.
    Notified = 11 (target, is_export, at, argc, k),
    /// An event of a topic.
    Event = 12 (topic, retain, at, count, k),
    /// A call of this side has ended. One that never left since the peer does not take a live value in it (`executed`
    /// No, `count` 0) has that value's kind as `at`.
    Settle = 13 (id, how, code, executed, at, count, k),
    /// The caller does not wait any more; the answer is still to be given, and is not sent.
    Cancelled = 14 (id, at, count),
    /// The peer's name id means the string at `at` from here on.
    Name = 15 (id, at),
    /// Nobody holds this export any more; its id will be used again.
    ExportDropped = 16 (id),
    /// A signal that was imported has aborted.
    SignalAborted = 17 (id, at, count),
    /// The consumer gave credit; `credit` is what there is now.
    StreamReady = 18 (id, credit),
    /// The consumer left; the stream's id will be used again.
    StreamStopped = 19 (id, at, count),
    /// An item of a stream.
    StreamItem = 20 (id, cost, at, count, k),
    /// The stream has ended.
    StreamEnd = 21 (id, at, count),
    /// The stream broke; `gone` says that the peer went away.
    StreamReset = 22 (id, at, count, gone),
    /// Every import of this session is dead, and so are the peer's names.
    ImportsGone = 23 (),
    /// Something was dropped. `detail` is the peer's version where that is the reason, or the kind of the live value
    /// that it does not take.
    Refused = 24 (denial, detail),
    /// The channel has ended: close every port, settle nothing more. `detail` is the misbehaviour or the
    /// peer's version. Comes once.
    Closed = 25 (code, detail, at, count),
    /// Call `wake` after this many milliseconds, and not at the time told before; all ones: no need to.
    Wake = 26 (ms),
}

codes! {
    /// The kinds of greeting.
    Greeting {
        /// Here I am.
        Hello = 0,
        /// I heard you.
        Welcome = 1,
        /// Here is our port.
        Ready = 2,
        /// Is an opaque page there?
        Knock = 3,
        /// An opaque page's port.
        Offer = 4,
    }
}

codes! {
    /// The target origin of a greeting.
    Target {
        /// `*`: a greeting that gives nothing away.
        Star = 0,
        /// The one exact origin of the allow-list.
        Exact = 1,
        /// The hint.
        Hint = 2,
        /// The origin last pinned.
        Pinned = 3,
    }
}

codes! {
    /// The state of a link.
    State {
        /// No peer yet.
        Connecting = 0,
        /// A session runs.
        Open = 1,
        /// The peer is away; it is awaited.
        Reconnecting = 2,
        /// It has ended.
        Closed = 3,
    }
}

codes! {
    /// The kinds of live value.
    Live {
        /// An error: the value is its record.
        Error = 0,
        /// A function of the sender.
        Function = 1,
        /// A function of the receiver comes home.
        Home = 2,
        /// A signal of the sender.
        Signal = 3,
        /// An iterable of the sender.
        Iterable = 4,
        /// A readable stream of the sender.
        Readable = 5,
        /// A signal that had aborted already: the value is its reason.
        Aborted = 6,
    }
}

codes! {
    /// The methods of the npm build's link that take only numbers, in the order of the table in
    /// `ops.ts`. Those with a body answer with a number that is negative when it was not taken
    /// ([`super::error::NotSent`]).
    Method {
        /// (now) -> how many words of operations there are.
        Poll = 0,
        /// () -> where they are, until the next `Poll`.
        OutAt = 1,
        /// (words) -> where to write the header words of a message.
        Inbox = 2,
        /// (now, port, seq, ack, n, values) takes a port's message; its words stand in the inbox.
        Receive = 3,
        /// (now) sends what waits.
        Flush = 4,
        /// (now) -> the id of a new name.
        Intern = 5,
        /// (kind, id) adds a live value to the next body.
        Live = 6,
        /// () drops the live values of a body that will not be sent.
        ClearLives = 7,
        /// (now, target, isExport, argc, lives, bytes, timeoutMs, flags) -> id; a negative timeout is
        /// the channel's own, 0 is none; flag 1: may be carried out twice.
        Call = 8,
        /// (now, target, isExport, argc, lives, bytes).
        Notify = 9,
        /// (now, topic, count, retain, lives, bytes).
        Emit = 10,
        /// (now, id, count, lives, bytes) answers an Invoke.
        Reply = 11,
        /// (now, id, code, count, bytes) answers an Invoke with a failure.
        Fail = 12,
        /// (now, id, count) gives a call up.
        Cancel = 13,
        /// () -> the id of a new export.
        ExportValue = 14,
        /// (id) gives back what the peer has lent.
        ReleaseImport = 15,
        /// (id, count): a signal that the peer holds has aborted.
        AbortExport = 16,
        /// () -> the id of a new stream.
        OpenStream = 17,
        /// (stream, count, lives, bytes) -> the credit left, NaN if the item was not taken.
        Item = 18,
        /// (stream, count) ends a stream of this side.
        End = 19,
        /// (stream, count) breaks a stream of this side.
        Reset = 20,
        /// (stream, bytes) gives a stream of the peer its first credit.
        Grant = 21,
        /// (stream, cost): items were read.
        Consumed = 22,
        /// (stream, count) leaves a stream of the peer.
        Stop = 23,
        /// (window) the number of the peer's window or gate; 0 for none.
        Bind = 24,
        /// (now) posts the next greeting at once.
        Greet = 25,
        /// () -> 1 if `Entropy` should be called.
        WantsEntropy = 26,
        /// (a, b, c, d): 128 random bits.
        Entropy = 27,
        /// (now): the time that the last Wake told has come.
        Wake = 28,
        /// (now, port): `messageerror`.
        Lost = 29,
        /// (now, port, seq): `postMessage` threw; a message without frames was posted in its place.
        Unsent = 30,
        /// () keeps what waits and what follows out of one message.
        Cut = 31,
        /// () -> 1 if frames wait for `Flush`.
        Dirty = 32,
        /// () -> how many frames the peer has not yet taken.
        Buffered = 33,
        /// (now) asks the peer which frames it has taken.
        Probe = 34,
        /// (now) asks the peer whether it still lives.
        Ping = 35,
        /// (now): the peer's window or worker does not exist any more.
        PeerGone = 36,
        /// (now): this page goes to sleep.
        Suspend = 37,
        /// (now): this page is back.
        Resume = 38,
        /// (now): this page is being unloaded.
        Leave = 39,
        /// (now, misbehaviour): a value of the peer breaks the protocol.
        Violation = 40,
        /// (now, count) ends the channel.
        Close = 41,
        /// (now): the peer's page is gone from its window; another may come.
        Lose = 42,
    }
}
