//! Operations as Rust drivers read them.

use super::error::{CloseCode, Denial, Executed, FailCode};
use super::nonce::Nonce;
use super::ops::{Greeting, Op, State, Target};
use super::time::Millis;

/// Where the values of a frame stand in the message just received.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Body<'a> {
    /// Position of the first.
    pub at: u32,
    /// How many, without the paths of live values.
    pub count: u32,
    /// Pairs of (kind, id); if there are any, the value behind the others is an array of their paths.
    pub lives: &'a [u32],
}

/// One operation. The variants are those of [`Op`], where their meaning is written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are those of `Op`")]
pub enum Output<'a> {
    Post { kind: Greeting, target: Target, port: u32, mine: Nonce, yours: Option<Nonce> },
    TakePort { port: u32 },
    ClosePort { port: u32 },
    Pinned,
    Opened { port: u32 },
    State(State),
    Send { port: u32, seq: u32, ack: u32, values: u32, words: &'a [u32] },
    Again { port: u32, seq: u32, ack: u32, names: u32, calls: u32, words: &'a [u32] },
    Forget { at: u32, count: u32 },
    Invoke { id: u32, target: u32, is_export: bool, body: Body<'a> },
    Notified { target: u32, is_export: bool, body: Body<'a> },
    Event { topic: u32, retain: bool, body: Body<'a> },
    Settle { id: u32, result: Result<(), (FailCode, Executed)>, body: Body<'a> },
    Cancelled { id: u32, body: Body<'a> },
    Name { id: u32, at: u32 },
    ExportDropped { id: u32 },
    SignalAborted { id: u32, body: Body<'a> },
    StreamReady { id: u32, credit: u32 },
    StreamStopped { id: u32, body: Body<'a> },
    StreamItem { id: u32, cost: u32, body: Body<'a> },
    StreamEnd { id: u32, body: Body<'a> },
    StreamReset { id: u32, body: Body<'a>, gone: bool },
    ImportsGone,
    Refused { denial: Denial, detail: u32 },
    Closed { code: CloseCode, detail: u32, body: Body<'a> },
    Wake(Option<Millis>),
}

/// The operations in a list of words that [`Link::poll`](super::Link::poll) wrote.
#[derive(Clone, Debug)]
pub struct Outputs<'a>(&'a [u32]);

impl<'a> Outputs<'a> {
    /// Reads from the first word on.
    #[must_use]
    pub const fn of(words: &'a [u32]) -> Self {
        Self(words)
    }

    fn take<const N: usize>(&mut self) -> Option<[u32; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn words(&mut self, count: u32) -> Option<&'a [u32]> {
        let (head, rest) = self.0.split_at_checked(count as usize)?;
        self.0 = rest;
        Some(head)
    }

    /// A body whose number of live values comes next.
    fn body(&mut self, at: u32, count: u32) -> Option<Body<'a>> {
        let [pairs] = self.take()?;
        Some(Body { at, count, lives: self.words(pairs.checked_mul(2)?)? })
    }
}

const fn plain<'a>(at: u32, count: u32) -> Body<'a> {
    Body { at, count, lives: &[] }
}

impl<'a> Iterator for Outputs<'a> {
    type Item = Output<'a>;

    /// `None` at the end, and for words that no link has written.
    fn next(&mut self) -> Option<Output<'a>> {
        let [op] = self.take()?;
        Some(match Op::from_number(op)? {
            Op::Post => {
                let [kind, target, port] = self.take()?;
                let (mine, yours) = (Nonce(self.take()?), Nonce(self.take()?));
                let [has_yours] = self.take()?;
                Output::Post {
                    kind: Greeting::from_number(kind)?,
                    target: Target::from_number(target)?,
                    port,
                    mine,
                    yours: (has_yours != 0).then_some(yours),
                }
            }
            Op::TakePort => self.take().map(|[port]| Output::TakePort { port })?,
            Op::ClosePort => self.take().map(|[port]| Output::ClosePort { port })?,
            Op::Pinned => Output::Pinned,
            Op::Opened => self.take().map(|[port]| Output::Opened { port })?,
            Op::State => Output::State(self.take().and_then(|[state]| State::from_number(state))?),
            Op::Send => {
                let [port, seq, ack, values, n] = self.take()?;
                Output::Send { port, seq, ack, values, words: self.words(n)? }
            }
            Op::Again => {
                let [port, seq, ack, names, calls, n] = self.take()?;
                Output::Again { port, seq, ack, names, calls, words: self.words(n)? }
            }
            Op::Forget => self.take().map(|[at, count]| Output::Forget { at, count })?,
            Op::Invoke => {
                let [id, target, is_export, at, argc] = self.take()?;
                Output::Invoke { id, target, is_export: is_export != 0, body: self.body(at, argc)? }
            }
            Op::Notified => {
                let [target, is_export, at, argc] = self.take()?;
                Output::Notified { target, is_export: is_export != 0, body: self.body(at, argc)? }
            }
            Op::Event => {
                let [topic, retain, at, count] = self.take()?;
                Output::Event { topic, retain: retain != 0, body: self.body(at, count)? }
            }
            Op::Settle => {
                let [id, how, code, executed, at, count] = self.take()?;
                let result = match how {
                    0 => Ok(()),
                    _ => Err((FailCode::from_number(code)?, Executed::from_number(executed)?)),
                };
                Output::Settle { id, result, body: self.body(at, count)? }
            }
            Op::Cancelled => self.take().map(|[id, at, n]| Output::Cancelled { id, body: plain(at, n) })?,
            Op::Name => self.take().map(|[id, at]| Output::Name { id, at })?,
            Op::ExportDropped => self.take().map(|[id]| Output::ExportDropped { id })?,
            Op::SignalAborted => {
                self.take().map(|[id, at, n]| Output::SignalAborted { id, body: plain(at, n) })?
            }
            Op::StreamReady => self.take().map(|[id, credit]| Output::StreamReady { id, credit })?,
            Op::StreamStopped => {
                self.take().map(|[id, at, n]| Output::StreamStopped { id, body: plain(at, n) })?
            }
            Op::StreamItem => {
                let [id, cost, at, count] = self.take()?;
                Output::StreamItem { id, cost, body: self.body(at, count)? }
            }
            Op::StreamEnd => self.take().map(|[id, at, n]| Output::StreamEnd { id, body: plain(at, n) })?,
            Op::StreamReset => {
                let [id, at, count, gone] = self.take()?;
                Output::StreamReset { id, body: plain(at, count), gone: gone != 0 }
            }
            Op::ImportsGone => Output::ImportsGone,
            Op::Refused => {
                let [denial, detail] = self.take()?;
                Output::Refused { denial: Denial::from_number(denial)?, detail }
            }
            Op::Closed => {
                let [code, detail, at, count] = self.take()?;
                Output::Closed { code: CloseCode::from_number(code)?, detail, body: plain(at, count) }
            }
            Op::Wake => {
                let [ms] = self.take()?;
                Output::Wake((ms != u32::MAX).then(|| Millis::new(ms.into())))
            }
        })
    }
}
