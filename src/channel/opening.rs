//! The first message on a port: it proves that the greeting's sender holds the other end.

use alloc::vec::Vec;

use super::frame::{Frame, Kind};
use super::handshake::{FIRST_RETRY, Handshake};
use super::limits::WIRE_VERSION;
use super::nonce::Nonce;
use super::time::Millis;
use super::witness::{NonceEchoed, OriginVerified, SourceBound};
use super::write::put;

/// What both openings of a port prove.
pub(super) type Witnesses = (SourceBound, OriginVerified, NonceEchoed);

/// What a message on a port meant for the handshake.
#[derive(Debug)]
pub(super) enum Opening {
    /// The port is none of a handshake.
    NotMine,
    /// Something else than the opening came: the port is closed.
    Broken,
    Opened(Witnesses),
}

impl Handshake {
    /// Takes a message on a port that is no session's.
    pub(super) fn opening(
        &mut self,
        port: u32,
        seq: u32,
        words: &[u32],
        values: u32,
        out: &mut Vec<u32>,
    ) -> Opening {
        if let Some(offer) = self.offers.iter().find(|offer| offer.port == port) {
            let proofs = OriginVerified::by_target(&self.rule).zip(opened(&offer.echo, seq, words, values));
            let Some((verified, echoed)) = proofs else {
                self.close(port, out);
                return Opening::Broken;
            };
            self.met = Some(offer.echo);
            self.drop_offers(port, out);
            self.wait_until(Millis::NEVER);
            return Opening::Opened((SourceBound::by_posting(), verified, echoed));
        }
        if port != self.candidate || port == 0 {
            return Opening::NotMine;
        }
        let attempt = self.attempt.take();
        self.candidate = 0;
        let opened = attempt.and_then(|attempt| {
            let echoed = opened(&attempt.mine, seq, words, values)?;
            Some((attempt.partner?, echoed))
        });
        let Some((partner, echoed)) = opened else {
            put!(out, ClosePort, port);
            return Opening::Broken;
        };
        self.met = Some(partner.theirs);
        self.wait_until(Millis::NEVER);
        self.delay = FIRST_RETRY;
        Opening::Opened((partner.source, partner.verified, echoed))
    }

    /// Gives up a port on which something unreadable came.
    pub(super) fn close(&mut self, port: u32, out: &mut Vec<u32>) {
        if port == self.candidate {
            self.drop_attempt(out);
        } else if let Some(at) = self.offers.iter().position(|offer| offer.port == port) {
            self.offers.remove(at);
            put!(out, ClosePort, port);
        }
    }
}

/// Whether this is the peer's opening, alone in the first message, with the right echo.
fn opened(expected: &Nonce, seq: u32, mut words: &[u32], values: u32) -> Option<NonceEchoed> {
    let frame = Frame::decode(&mut words).ok()??;
    let [version, _takes, a, b, c, d] = frame.words;
    let fits =
        seq == 1 && values == 0 && words.is_empty() && frame.kind == Kind::Open && version == WIRE_VERSION;
    if fits { NonceEchoed::check(expected, &Nonce([a, b, c, d])) } else { None }
}

/// The live values that the sender of an opening takes.
pub(super) fn takes_of(words: &[u32]) -> u32 {
    words.get(2).copied().unwrap_or(0)
}

/// Says the opening on this side's end.
pub(super) fn send_open(out: &mut Vec<u32>, port: u32, takes: u32, echo: &Nonce) {
    put!(out, Send, port, 1, 0, 0, 7);
    Frame::open(WIRE_VERSION, takes, *echo).encode(out);
}
