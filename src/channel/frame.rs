//! One frame: what it is in words, and back.

use alloc::vec::Vec;

use super::nonce::Nonce;
use super::ops::Live;

/// Marks a body with live values.
pub const LIVE: u32 = 1;
/// Marks a target that is an export of the receiver, not a name.
pub const EXPORT: u32 = 2;
/// Marks an event that is kept for late listeners.
pub const RETAIN: u32 = 4;

/// Values in one body.
pub const MAX_COUNT: u32 = 0xffff;
/// Live values in one body.
pub const MAX_LIVES: u32 = 4096;

super::code::codes! {
    /// The kinds of frame.
    Kind {
        /// Opens a port: version, which live values the sender takes, 4 words of echo.
        Open = 1,
        /// Gives a name id its string: id.
        Name = 2,
        /// A call: id, target.
        Call = 3,
        /// A call without an answer: target.
        Notify = 4,
        /// An event: topic.
        Event = 5,
        /// The result of a call: id.
        Reply = 6,
        /// The failure of a call: id, code.
        Fail = 7,
        /// The caller does not wait any more: id.
        Cancel = 8,
        /// References to an export given back: id, how many.
        Release = 9,
        /// A signal has aborted: its export id.
        Abort = 10,
        /// An item: stream, cost.
        Item = 11,
        /// The stream has ended: stream.
        End = 12,
        /// The stream broke: stream.
        Reset = 13,
        /// Credit for a stream: stream, cost units.
        Credit = 14,
        /// The consumer left: stream.
        Stop = 15,
        /// Asks for a Pong: token.
        Ping = 16,
        /// Answers a Ping: token.
        Pong = 17,
        /// A message of the receiver could not be read: its number.
        Lost = 18,
        /// The sender's page goes to sleep.
        Suspend = 19,
        /// The sender's page is back.
        Resume = 20,
        /// The sender's page is unloaded.
        Goodbye = 21,
        /// The channel is closed: code.
        Close = 22,
    }
}

/// What a kind of frame looks like.
struct Shape {
    words: usize,
    flags: u32,
    min_count: u32,
    max_count: u32,
}

impl Kind {
    const fn shape(self) -> Shape {
        let (words, flags, min_count, max_count) = match self {
            Self::Open => (6, 0, 0, 0),
            Self::Name => (1, 0, 1, 1),
            Self::Call => (2, LIVE | EXPORT, 0, MAX_COUNT),
            Self::Notify => (1, LIVE | EXPORT, 0, MAX_COUNT),
            Self::Event => (1, LIVE | RETAIN, 0, 1),
            Self::Reply => (1, LIVE, 0, 1),
            Self::Item => (2, LIVE, 0, 1),
            Self::Fail => (2, 0, 0, 1),
            Self::Cancel | Self::Abort | Self::End | Self::Reset | Self::Stop | Self::Close => (1, 0, 0, 1),
            Self::Release | Self::Credit => (2, 0, 0, 0),
            Self::Ping | Self::Pong | Self::Lost => (1, 0, 0, 0),
            Self::Suspend | Self::Resume | Self::Goodbye => (0, 0, 0, 0),
        };
        Shape { words, flags, min_count, max_count }
    }

    /// Whether the frame says something of the application: only those are owed an acknowledgement.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        !matches!(
            self,
            Self::Open
                | Self::Name
                | Self::Ping
                | Self::Pong
                | Self::Lost
                | Self::Suspend
                | Self::Resume
                | Self::Goodbye
                | Self::Close
        )
    }
}

/// A frame without its values.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Frame<'a> {
    /// Its kind.
    pub kind: Kind,
    /// `EXPORT` and `RETAIN`, where the kind has them. `LIVE` follows from `lives`.
    pub flags: u32,
    /// How many values belong to it, without the paths of live values.
    pub count: u32,
    /// The words of its kind; those it has not are 0.
    pub words: [u32; 6],
    /// Pairs of (kind, id), one for each live value.
    pub lives: &'a [u32],
}

/// The words are no frame.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Malformed;

impl Frame<'static> {
    /// A frame of up to two words and no live values.
    #[must_use]
    pub const fn new(kind: Kind, first: u32, second: u32, count: u32) -> Self {
        Self { kind, flags: 0, count, words: [first, second, 0, 0, 0, 0], lives: &[] }
    }

    /// The frame that opens a port.
    #[must_use]
    pub const fn open(version: u32, takes: u32, echo: Nonce) -> Self {
        let Nonce([a, b, c, d]) = echo;
        Self { kind: Kind::Open, flags: 0, count: 0, words: [version, takes, a, b, c, d], lives: &[] }
    }
}

impl<'a> Frame<'a> {
    /// The same frame with live values in its body.
    #[must_use]
    pub const fn with_lives(self, flags: u32, lives: &[u32]) -> Frame<'_> {
        Frame { kind: self.kind, flags, count: self.count, words: self.words, lives }
    }

    /// Whether its target is an export of the receiver.
    #[must_use]
    pub const fn is_export(&self) -> bool {
        self.flags & EXPORT != 0
    }

    /// How many values it takes from its message.
    #[must_use]
    pub const fn values(&self) -> u32 {
        self.count + !self.lives.is_empty() as u32
    }

    /// Appends its words.
    pub fn encode(&self, out: &mut Vec<u32>) {
        let [first, second, rest @ ..] = &self.words;
        encode(out, self.kind, [*first, *second], self.count, self.flags, self.lives);
        if self.kind == Kind::Open {
            out.extend_from_slice(rest);
        }
    }

    /// Takes the first frame off the words; `None` at their end.
    ///
    /// # Errors
    ///
    /// The kind is unknown, a word is missing, or flags, counts or live values are not what the kind allows.
    pub fn decode(words: &mut &'a [u32]) -> Result<Option<Self>, Malformed> {
        let Some((&head, mut rest)) = words.split_first() else { return Ok(None) };
        let kind = Kind::from_number(head & 0xff).ok_or(Malformed)?;
        let flags = head >> 8 & 0xff;
        let count = head >> 16;
        let shape = kind.shape();
        if flags & !shape.flags != 0 || count < shape.min_count || count > shape.max_count {
            return Err(Malformed);
        }
        let (fixed, after) = rest.split_at_checked(shape.words).ok_or(Malformed)?;
        rest = after;
        let mut own = [0; 6];
        for (slot, &word) in own.iter_mut().zip(fixed) {
            *slot = word;
        }
        let mut lives: &[u32] = &[];
        if flags & LIVE != 0 {
            let (&pairs, after) = rest.split_first().ok_or(Malformed)?;
            if pairs == 0 || pairs > MAX_LIVES {
                return Err(Malformed);
            }
            (lives, rest) = after.split_at_checked(pairs as usize * 2).ok_or(Malformed)?;
            if pairs_of(lives).any(|(kind, _)| Live::from_number(kind).is_none()) {
                return Err(Malformed);
            }
        }
        *words = rest;
        Ok(Some(Self { kind, flags: flags & !LIVE, count, words: own, lives }))
    }
}

/// Appends the words of a frame of up to two. No [`Frame`] is made for it: this runs for each call and each answer.
pub(super) fn encode(
    out: &mut Vec<u32>,
    kind: Kind,
    [first, second]: [u32; 2],
    count: u32,
    flags: u32,
    lives: &[u32],
) {
    let live = u32::from(!lives.is_empty());
    out.push(kind.number() | (flags | live) << 8 | count << 16);
    let words = kind.shape().words;
    if words > 0 {
        out.push(first);
    }
    if words > 1 {
        out.push(second);
    }
    if live != 0 {
        out.push(u32::try_from(lives.len() / 2).unwrap_or(0));
        out.extend_from_slice(lives);
    }
}

/// The pairs of (kind, id) in a list of live values.
#[must_use]
pub const fn pairs_of(lives: &[u32]) -> Pairs<'_> {
    Pairs(lives)
}

/// See [`pairs_of`].
#[derive(Clone, Debug)]
pub struct Pairs<'a>(&'a [u32]);

impl Iterator for Pairs<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let [kind, id, rest @ ..] = self.0 else { return None };
        self.0 = rest;
        Some((*kind, *id))
    }
}
