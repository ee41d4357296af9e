//! How two pages meet: greetings on the gate, then one opening on each end of a fresh port.

use alloc::string::String;
use alloc::vec::Vec;

use crate::origin::AllowList;

use super::error::Denial;
use super::frame::{Frame, Kind};
use super::limits::WIRE_VERSION;
use super::nonce::Nonce;
use super::ops::{Greeting, Op, Target};
use super::time::Millis;
use super::witness::{NonceEchoed, OriginRule, OriginVerified, SourceBound};
use super::write::put;

/// The wait before the second greeting; it doubles from one to the next.
const FIRST_RETRY: Millis = Millis(500);
const LAST_RETRY: Millis = Millis(4_000);
/// How long a Hello beside a session waits for what the old port still has to say.
const FENCE: Millis = Millis(250);
/// Ports that an opaque page offers before it closes the oldest.
const MAX_OFFERS: usize = 4;
const MAX_SPARE: usize = 2;

/// What stands on the other side, and how it is met.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Role {
    /// Both sides have an origin: either may begin, the greater nonce makes the port.
    Window,
    /// The peer's origin is opaque: it makes the port, this side only knocks.
    OpaqueHost,
    /// This page's own origin is opaque: it makes the port.
    OpaqueChild,
    /// A port or worker: as `Window`, without origins.
    Port,
}

/// A greeting as the driver found it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Arrival<'a> {
    /// `isTrusted` of the event.
    pub trusted: bool,
    /// The driver's number for the window it came from; 0 for none.
    pub source: u32,
    /// `origin` of the event.
    pub origin: &'a str,
    /// The version it names.
    pub version: u32,
    /// The channel's name.
    pub name: &'a str,
    /// The number of a [`Greeting`].
    pub kind: u32,
    /// The sender's nonce, or empty.
    pub mine: &'a str,
    /// The nonce it answers, or empty.
    pub yours: &'a str,
    /// The secret that both sides of an opaque channel hold, or empty.
    pub shared: &'a str,
    /// Whether exactly one port came with it.
    pub has_port: bool,
}

/// What both openings of a port prove.
pub(super) type Witnesses = (SourceBound, OriginVerified, NonceEchoed);

/// What a message on a port meant for the handshake.
#[derive(Debug)]
pub(super) enum Opening {
    /// The port is none of a handshake.
    NotMine,
    /// Something else than the opening came: the port is closed.
    Broken,
    Opened(u32, Witnesses),
}

/// A port whose other end has not yet spoken.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Candidate {
    port: u32,
    /// What the peer's opening must answer.
    echo: Nonce,
}

/// One try to meet, under one nonce.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Attempt {
    mine: Nonce,
    partner: Option<Partner>,
    candidate: Option<Candidate>,
}

/// The page that answered.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Partner {
    theirs: Nonce,
    source: SourceBound,
    verified: OriginVerified,
    welcomed: bool,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Handshake {
    role: Role,
    rule: OriginRule,
    name: String,
    shared: String,
    /// Of the attempt's partner.
    origin: String,
    bound: u32,
    has_hint: bool,
    spare: Vec<Nonce>,
    pinned: bool,
    tries: u32,
    delay: Millis,
    pub(super) retry_at: Millis,
    attempt: Option<Attempt>,
    /// A page that said Hello beside a session, and its origin.
    kept: Option<(Partner, String)>,
    offers: Vec<Candidate>,
    /// The nonce of the peer whose session runs.
    met: Option<Nonce>,
    last_port: u32,
}

impl Handshake {
    pub(super) fn new(role: Role, allowed: AllowList, name: String, shared: String) -> Self {
        let rule = match role {
            Role::Window | Role::OpaqueChild => OriginRule::Listed(allowed),
            Role::OpaqueHost => OriginRule::Opaque,
            Role::Port => OriginRule::Port,
        };
        Self {
            role,
            rule,
            name,
            shared,
            origin: String::new(),
            bound: 0,
            has_hint: false,
            spare: Vec::new(),
            pinned: false,
            tries: 0,
            delay: FIRST_RETRY,
            retry_at: Millis::NEVER,
            attempt: None,
            kept: None,
            offers: Vec::new(),
            met: None,
            last_port: 0,
        }
    }

    pub(super) const fn role(&self) -> Role {
        self.role
    }

    pub(super) const fn bind(&mut self, window: u32) {
        self.bound = window;
    }

    /// Takes the origin that the peer's page probably has; it counts only if it is allowed.
    pub(super) fn hint(&mut self, origin: &str) {
        self.has_hint = matches!(&self.rule, OriginRule::Listed(list) if list.admits(origin));
    }

    pub(super) fn entropy(&mut self, nonce: Nonce) {
        if self.wants_entropy() {
            self.spare.push(nonce);
        }
    }

    pub(super) fn wants_entropy(&self) -> bool {
        self.spare.len() < MAX_SPARE
    }

    /// Posts the first greeting, or the next one at once.
    pub(super) fn greet(&mut self, now: Millis, out: &mut Vec<u32>) {
        if self.attempt.as_ref().is_some_and(|attempt| attempt.candidate.is_some()) {
            return;
        }
        match self.role {
            Role::Window | Role::Port => {
                let target = self.hello_target();
                if let Some(attempt) = self.attempt() {
                    post(out, Greeting::Hello, target, 0, Some(attempt.mine), None);
                }
            }
            Role::OpaqueHost => post(out, Greeting::Knock, Target::Star, 0, None, None),
            Role::OpaqueChild => self.offer(out),
        }
        self.tries = self.tries.wrapping_add(1);
        self.retry_at = now.plus(self.delay);
        self.delay = LAST_RETRY.min(Millis(self.delay.0 * 2));
    }

    fn hello_target(&self) -> Target {
        match &self.rule {
            _ if self.pinned => Target::Pinned,
            OriginRule::Port | OriginRule::Opaque => Target::Pinned,
            OriginRule::Listed(list) if list.exact().is_some() => Target::Exact,
            // The frame may have gone to another allowed origin than the one hinted at.
            OriginRule::Listed(_) if self.has_hint && self.tries.is_multiple_of(2) => Target::Hint,
            OriginRule::Listed(_) => Target::Star,
        }
    }

    /// Gives up what did not lead to a session in time, and greets again unless a session runs.
    pub(super) fn retry(&mut self, now: Millis, open: bool, out: &mut Vec<u32>) {
        if self.answer_kept(now, open, out) {
            return;
        }
        let stale = self.attempt.as_ref().is_some_and(|attempt| attempt.candidate.is_some());
        if open {
            self.drop_attempt(out);
            self.retry_at = Millis::NEVER;
            return;
        }
        if stale {
            self.drop_attempt(out);
        }
        if self.role == Role::OpaqueChild {
            // The host knocks when it is there.
            self.retry_at = Millis::NEVER;
        } else {
            self.greet(now, out);
        }
    }

    /// Begins anew after a session was lost. An attempt that runs is the next page's: it goes on.
    pub(super) fn restart(&mut self, now: Millis) {
        self.met = None;
        self.delay = FIRST_RETRY;
        self.tries = 0;
        // The page that follows says Hello by itself; this is for the one that only went silent.
        self.retry_at = now.plus(FIRST_RETRY);
    }

    /// Closes every port that has not become a session's.
    pub(super) fn stop(&mut self, out: &mut Vec<u32>) {
        self.kept = None;
        self.drop_attempt(out);
        self.drop_offers(0, out);
        self.retry_at = Millis::NEVER;
    }

    fn drop_attempt(&mut self, out: &mut Vec<u32>) {
        if let Some(Attempt { candidate: Some(candidate), .. }) = self.attempt.take() {
            put!(out, ClosePort, candidate.port);
        }
    }

    fn drop_offers(&mut self, keep: u32, out: &mut Vec<u32>) {
        for offer in core::mem::take(&mut self.offers) {
            if offer.port != keep {
                put!(out, ClosePort, offer.port);
            }
        }
    }

    /// The attempt that runs, or a new one if there is a nonce for it.
    fn attempt(&mut self) -> Option<&mut Attempt> {
        if self.attempt.is_none() {
            let mine = self.spare.pop()?;
            self.attempt = Some(Attempt { mine, partner: None, candidate: None });
        }
        self.attempt.as_mut()
    }

    const fn next_port(&mut self) -> u32 {
        self.last_port = self.last_port.wrapping_add(1);
        self.last_port
    }

    fn offer(&mut self, out: &mut Vec<u32>) {
        // The port goes to one exact origin or nowhere.
        if OriginVerified::by_target(&self.rule).is_none() {
            return;
        }
        let Some(mine) = self.spare.pop() else { return };
        if self.offers.len() >= MAX_OFFERS {
            let oldest = self.offers.remove(0);
            put!(out, ClosePort, oldest.port);
        }
        let port = self.next_port();
        self.offers.push(Candidate { port, echo: mine });
        post(out, Greeting::Offer, Target::Exact, port, Some(mine), None);
        send_open(out, port, mine);
    }

    /// Takes a greeting. The checks come in the order of the standard advice: is the event real, who
    /// sent it, from which origin, and only then what it says. `open` says that a session runs, `busy`
    /// that no other may follow it.
    pub(super) fn arrive(
        &mut self,
        now: Millis,
        arrival: &Arrival<'_>,
        open: bool,
        busy: bool,
        out: &mut Vec<u32>,
    ) -> Result<(), Denial> {
        if !arrival.trusted {
            return Err(Denial::NotTrusted);
        }
        let source = SourceBound::check(self.bound, arrival.source)?;
        let verified = OriginVerified::check(&self.rule, arrival.origin)?;
        if arrival.name != self.name {
            return Err(Denial::WrongChannel);
        }
        if arrival.version != WIRE_VERSION {
            return Err(Denial::WrongVersion);
        }
        let kind = Greeting::from_number(arrival.kind).ok_or(Denial::Malformed)?;
        let expected = match self.role {
            Role::Window | Role::Port => {
                matches!(kind, Greeting::Hello | Greeting::Welcome | Greeting::Ready)
            }
            Role::OpaqueHost => kind == Greeting::Offer,
            Role::OpaqueChild => kind == Greeting::Knock,
        };
        if !expected {
            return Err(Denial::Unexpected);
        }
        if arrival.has_port != matches!(kind, Greeting::Ready | Greeting::Offer) {
            return Err(Denial::Malformed);
        }
        if busy {
            return Err(Denial::Replayed);
        }
        if kind == Greeting::Knock {
            if open {
                return Err(Denial::Replayed);
            }
            self.offer(out);
            return Ok(());
        }
        let theirs = Nonce::parse(arrival.mine).ok_or(Denial::Malformed)?;
        let partner = Partner { theirs, source, verified, welcomed: false };
        let taken = match kind {
            Greeting::Hello => self.hello(partner, arrival.origin, open, out),
            Greeting::Offer if arrival.shared != self.shared => Err(Denial::WrongNonce),
            Greeting::Offer => self.offered(partner, open, out),
            _ => {
                let yours = Nonce::parse(arrival.yours).ok_or(Denial::Malformed)?;
                if kind == Greeting::Welcome {
                    self.welcome(partner, arrival.origin, yours, out)
                } else {
                    self.ready(&partner, arrival.origin, yours, out)
                }
            }
        };
        if self.kept.is_some() {
            self.retry_at = self.retry_at.min(now.plus(FENCE));
        } else if taken.is_ok() && self.retry_at == Millis::NEVER {
            self.retry_at = now.plus(if open { LAST_RETRY } else { FIRST_RETRY });
        }
        taken
    }

    fn hello(
        &mut self,
        partner: Partner,
        origin: &str,
        open: bool,
        out: &mut Vec<u32>,
    ) -> Result<(), Denial> {
        if self.met == Some(partner.theirs) {
            return Err(Denial::Replayed);
        }
        if self.attempt.as_ref().is_some_and(|attempt| attempt.mine == partner.theirs) {
            return Err(Denial::WrongNonce);
        }
        let known = self.attempt.as_ref().and_then(|attempt| attempt.partner.as_ref());
        if open && known.is_none_or(|known| known.theirs != partner.theirs) {
            // The old port may be slower than the window: its Close or Goodbye comes first.
            self.kept = Some((partner, String::from(origin)));
            // Only the driver knows the origin now at hand.
            out.push(Op::Pinned.number());
            return Ok(());
        }
        self.meet(partner, origin, true, out)?;
        self.welcome_partner(true, out);
        Ok(())
    }

    /// Whether a Hello beside the session has no answer yet.
    pub(super) const fn has_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Answers a Hello that was kept; whether there was one.
    pub(super) fn answer_kept(&mut self, now: Millis, open: bool, out: &mut Vec<u32>) -> bool {
        let Some((partner, origin)) = self.kept.take() else { return false };
        self.retry_at = now.plus(if open { LAST_RETRY } else { FIRST_RETRY });
        if self.meet(partner, &origin, false, out).is_ok() {
            self.welcome_partner(true, out);
        }
        true
    }

    /// Makes this page the partner of the attempt, of a fresh one if a port went to another page.
    fn meet(&mut self, partner: Partner, origin: &str, pin: bool, out: &mut Vec<u32>) -> Result<(), Denial> {
        if let Some(attempt) = &self.attempt {
            if let Some(known) = &attempt.partner
                && known.theirs == partner.theirs
            {
                return if self.origin == origin { Ok(()) } else { Err(Denial::WrongNonce) };
            }
            if attempt.candidate.is_some() {
                self.drop_attempt(out);
            }
        }
        let Some(attempt) = self.attempt() else { return Ok(()) };
        attempt.partner = Some(partner);
        self.origin.clear();
        self.origin.push_str(origin);
        self.pinned = true;
        if pin {
            out.push(Op::Pinned.number());
        }
        Ok(())
    }

    fn welcome_partner(&mut self, again: bool, out: &mut Vec<u32>) {
        let Some(Attempt { mine, partner: Some(partner), candidate: None }) = &mut self.attempt else {
            return;
        };
        if again || !partner.welcomed {
            partner.welcomed = true;
            post(out, Greeting::Welcome, Target::Pinned, 0, Some(*mine), Some(partner.theirs));
        }
    }

    fn welcome(
        &mut self,
        partner: Partner,
        origin: &str,
        yours: Nonce,
        out: &mut Vec<u32>,
    ) -> Result<(), Denial> {
        let attempt = self.attempt.as_ref().ok_or(Denial::WrongNonce)?;
        let mine = attempt.mine;
        NonceEchoed::check(mine, yours).ok_or(Denial::WrongNonce)?;
        if attempt.candidate.is_some() || partner.theirs == mine {
            return Err(Denial::Replayed);
        }
        let theirs = partner.theirs;
        self.meet(partner, origin, true, out)?;
        if mine < theirs {
            self.welcome_partner(false, out);
            return Ok(());
        }
        let port = self.next_port();
        post(out, Greeting::Ready, Target::Pinned, port, Some(mine), Some(theirs));
        send_open(out, port, theirs);
        self.set_candidate(port, mine);
        Ok(())
    }

    fn ready(
        &mut self,
        partner: &Partner,
        origin: &str,
        yours: Nonce,
        out: &mut Vec<u32>,
    ) -> Result<(), Denial> {
        let attempt = self.attempt.as_ref().ok_or(Denial::WrongNonce)?;
        let mine = attempt.mine;
        NonceEchoed::check(mine, yours).ok_or(Denial::WrongNonce)?;
        let known = attempt.partner.as_ref().ok_or(Denial::WrongNonce)?;
        if known.theirs != partner.theirs || self.origin != origin || partner.theirs < mine {
            return Err(Denial::WrongNonce);
        }
        if attempt.candidate.is_some() {
            return Err(Denial::Replayed);
        }
        let port = self.next_port();
        put!(out, TakePort, port);
        send_open(out, port, partner.theirs);
        self.set_candidate(port, mine);
        Ok(())
    }

    fn offered(&mut self, partner: Partner, open: bool, out: &mut Vec<u32>) -> Result<(), Denial> {
        // Only one port is ever answered, so that both sides settle on the same.
        if open || self.attempt.is_some() {
            return Err(Denial::Replayed);
        }
        let nonce = partner.theirs;
        let port = self.next_port();
        put!(out, Pinned);
        put!(out, TakePort, port);
        send_open(out, port, nonce);
        self.attempt = Some(Attempt { mine: nonce, partner: Some(partner), candidate: None });
        self.set_candidate(port, nonce);
        Ok(())
    }

    fn set_candidate(&mut self, port: u32, echo: Nonce) {
        if let Some(attempt) = &mut self.attempt {
            attempt.candidate = Some(Candidate { port, echo });
        }
    }

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
            let proofs = OriginVerified::by_target(&self.rule).zip(opened(offer.echo, seq, words, values));
            let Some((verified, echoed)) = proofs else {
                self.close(port, out);
                return Opening::Broken;
            };
            self.met = Some(offer.echo);
            self.drop_offers(port, out);
            self.retry_at = Millis::NEVER;
            return Opening::Opened(port, (SourceBound::by_posting(), verified, echoed));
        }
        match self.attempt.take() {
            Some(Attempt { partner: Some(partner), candidate: Some(candidate), .. })
                if candidate.port == port =>
            {
                let Some(echoed) = opened(candidate.echo, seq, words, values) else {
                    put!(out, ClosePort, port);
                    return Opening::Broken;
                };
                self.met = Some(partner.theirs);
                self.retry_at = Millis::NEVER;
                self.delay = FIRST_RETRY;
                Opening::Opened(port, (partner.source, partner.verified, echoed))
            }
            other => {
                self.attempt = other;
                Opening::NotMine
            }
        }
    }

    /// Gives up a port on which something unreadable came.
    pub(super) fn close(&mut self, port: u32, out: &mut Vec<u32>) {
        let before = self.offers.len();
        self.offers.retain(|offer| offer.port != port);
        if self.offers.len() < before {
            put!(out, ClosePort, port);
        } else if let Some(Attempt { candidate: Some(candidate), .. }) = &self.attempt
            && candidate.port == port
        {
            self.drop_attempt(out);
        }
    }
}

/// Whether this is the peer's opening, alone in the first message, with the right echo.
fn opened(expected: Nonce, seq: u32, mut words: &[u32], values: u32) -> Option<NonceEchoed> {
    let frame = Frame::decode(&mut words).ok()??;
    let [version, _capabilities, a, b, c, d] = frame.words;
    let fits =
        seq == 1 && values == 0 && words.is_empty() && frame.kind == Kind::Open && version == WIRE_VERSION;
    if fits { NonceEchoed::check(expected, Nonce([a, b, c, d])) } else { None }
}

fn send_open(out: &mut Vec<u32>, port: u32, echo: Nonce) {
    put!(out, Send, port, 1, 0, 0, 7);
    Frame::open(WIRE_VERSION, 0, echo).encode(out);
}

fn post(
    out: &mut Vec<u32>,
    kind: Greeting,
    target: Target,
    port: u32,
    mine: Option<Nonce>,
    yours: Option<Nonce>,
) {
    put!(out, Post, kind.number(), target.number(), port);
    for Nonce(words) in [mine, yours].map(|nonce| nonce.unwrap_or(Nonce([0; 4]))) {
        out.extend_from_slice(&words);
    }
    out.push(u32::from(yours.is_some()));
}
