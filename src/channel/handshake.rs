//! How two pages meet: greetings on the gate, then one opening on each end of a fresh port.

use alloc::string::String;
use alloc::vec::Vec;

use crate::origin::AllowList;

use super::arrival::{Arrival, Role};
use super::error::Denial;
use super::greet::{LAST_RETRY, post};
use super::limits::WIRE_VERSION;
use super::nonce::Nonce;
use super::opening::send_open;
use super::ops::{Greeting, Op, Target};
use super::time::Millis;
use super::witness::{NonceEchoed, OriginRule, OriginVerified, SourceBound};
use super::write::put;

/// The wait before the second greeting; it doubles from one to the next.
pub(super) const FIRST_RETRY: Millis = Millis::new(500.0);
/// Before a port is given up on which nothing came, this side looks so often once more, each time in a turn of
/// its own: where its page stood still, the timer may come before what was posted long ago.
const LOOKS: u32 = 4;
/// The time from one look to the next.
const FENCE: Millis = Millis::new(50.0);
const MAX_SPARE: usize = 2;

/// A port that an opaque page has offered.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Candidate {
    pub(super) port: u32,
    /// What the peer's opening must answer.
    pub(super) echo: Nonce,
}

/// One try to meet, under one nonce.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Attempt {
    pub(super) mine: Nonce,
    pub(super) partner: Option<Partner>,
    welcomed: bool,
}

/// The page that answered.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Partner {
    pub(super) theirs: Nonce,
    pub(super) source: SourceBound,
    pub(super) verified: OriginVerified,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Handshake {
    pub(super) role: Role,
    pub(super) rule: OriginRule,
    name: String,
    shared: String,
    /// Of the attempt's partner.
    origin: String,
    bound: u32,
    pub(super) has_hint: bool,
    pub(super) spare: Vec<Nonce>,
    pub(super) pinned: bool,
    pub(super) tries: u32,
    pub(super) delay: Millis,
    pub(super) retry_at: Millis,
    /// The looks taken since `retry_at` first came.
    looks: u32,
    pub(super) attempt: Option<Attempt>,
    /// The attempt's port, whose other end has not yet spoken; 0 for none.
    pub(super) candidate: u32,
    /// A page that said Hello beside a session, and its origin.
    kept: Option<(Partner, String)>,
    pub(super) offers: Vec<Candidate>,
    /// The nonce of the peer whose session runs.
    pub(super) met: Option<Nonce>,
    last_port: u32,
    /// The live values that this side takes.
    pub(super) takes: u32,
}

impl Handshake {
    pub(super) fn new(role: Role, allowed: AllowList, name: String, shared: String, takes: u32) -> Self {
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
            looks: 0,
            attempt: None,
            candidate: 0,
            kept: None,
            offers: Vec::new(),
            met: None,
            last_port: 0,
            takes,
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

    /// The attempt that runs, or a new one if there is a nonce for it.
    pub(super) fn attempt(&mut self) -> Option<&mut Attempt> {
        if self.attempt.is_none() {
            let mine = self.spare.pop()?;
            self.attempt = Some(Attempt { mine, partner: None, welcomed: false });
        }
        self.attempt.as_mut()
    }

    pub(super) fn drop_attempt(&mut self, out: &mut Vec<u32>) {
        self.attempt = None;
        if self.candidate != 0 {
            put!(out, ClosePort, self.candidate);
            self.candidate = 0;
        }
    }

    pub(super) fn drop_offers(&mut self, keep: u32, out: &mut Vec<u32>) {
        while let Some(Candidate { port, .. }) = self.offers.pop() {
            if port != keep {
                put!(out, ClosePort, port);
            }
        }
    }

    /// Closes every port that has not become a session's.
    pub(super) fn stop(&mut self, out: &mut Vec<u32>) {
        self.kept = None;
        self.drop_attempt(out);
        self.drop_offers(0, out);
        self.wait_until(Millis::NEVER);
    }

    /// Names the time of the next [`retry`](Self::retry).
    pub(super) const fn wait_until(&mut self, at: Millis) {
        self.retry_at = at;
        self.looks = 0;
    }

    /// Whether a port is at stake, and is to be given one more turn to speak.
    pub(super) fn looks_again(&mut self, now: Millis) -> bool {
        let again = (self.candidate != 0 || self.kept.is_some()) && self.looks < LOOKS;
        if again {
            self.looks += 1;
            self.retry_at = now.plus(FENCE);
        }
        again
    }

    pub(super) const fn next_port(&mut self) -> u32 {
        self.last_port = self.last_port.wrapping_add(1);
        self.last_port
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
        if !self.role.expects(kind) {
            return Err(Denial::Unexpected);
        }
        if arrival.has_port != matches!(kind, Greeting::Ready | Greeting::Offer) {
            return Err(Denial::Malformed);
        }
        if kind == Greeting::Knock {
            if open {
                return Err(Denial::Replayed);
            }
            self.offer(out);
            return Ok(());
        }
        let theirs = Nonce::parse(arrival.mine).ok_or(Denial::Malformed)?;
        if open && self.met == Some(theirs) {
            // The gate is slower than the port: this belongs to the handshake that the session came from.
            return Ok(());
        }
        if busy {
            return Err(Denial::Replayed);
        }
        let partner = Partner { theirs, source, verified };
        let before = self.candidate;
        let taken = match kind {
            Greeting::Hello => self.hello(partner, arrival.origin, open, out),
            Greeting::Offer if arrival.shared != self.shared => Err(Denial::WrongNonce),
            Greeting::Offer => self.offered(partner, open, out),
            _ => {
                let yours = Nonce::parse(arrival.yours).ok_or(Denial::Malformed)?;
                let mine = self.attempt.as_ref().ok_or(Denial::WrongNonce)?.mine;
                NonceEchoed::check(&mine, &yours).ok_or(Denial::WrongNonce)?;
                if kind == Greeting::Welcome {
                    self.welcome(partner, arrival.origin, &mine, out)
                } else {
                    self.ready(partner, arrival.origin, &mine, out)
                }
            }
        };
        if self.kept.is_some() {
            // Looks already taken count: a page that repeats its Hello gains no time by it.
            self.retry_at = self.retry_at.min(now.plus(FENCE));
        } else if self.candidate != before && self.candidate != 0 {
            // The other end may be open already, and busy: to give the port up would lose what it has sent.
            self.wait_until(now.plus(LAST_RETRY));
        } else if taken.is_ok() && self.retry_at == Millis::NEVER {
            self.retry_after(now, open);
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
        if self.attempt.as_ref().is_some_and(|attempt| attempt.mine == partner.theirs) {
            return Err(Denial::WrongNonce);
        }
        if open && !self.is_partner(&partner) {
            // The old port may be slower than the window: its Close or Goodbye comes first.
            self.kept = Some((partner, String::from(origin)));
            // Only the driver knows the origin now at hand.
            out.push(Op::Pinned.number());
            return Ok(());
        }
        self.meet(partner, origin, true, out)?;
        self.answer(out);
        Ok(())
    }

    /// Whether this page is the attempt's partner already.
    fn is_partner(&self, partner: &Partner) -> bool {
        matches!(&self.attempt, Some(Attempt { partner: Some(known), .. }) if known.theirs == partner.theirs)
    }

    /// Whether a Hello beside the session has no answer yet.
    pub(super) const fn has_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Answers a Hello that was kept; whether there was one.
    pub(super) fn answer_kept(&mut self, now: Millis, open: bool, out: &mut Vec<u32>) -> bool {
        let Some((partner, origin)) = self.kept.take() else { return false };
        self.retry_after(now, open);
        if self.meet(partner, &origin, false, out).is_ok() {
            self.answer(out);
        }
        true
    }

    /// Makes this page the partner of the attempt, of a fresh one if a port went to another page.
    fn meet(&mut self, partner: Partner, origin: &str, pin: bool, out: &mut Vec<u32>) -> Result<(), Denial> {
        if self.is_partner(&partner) {
            return if self.origin == origin { Ok(()) } else { Err(Denial::WrongNonce) };
        }
        if self.candidate != 0 {
            self.drop_attempt(out);
        }
        let Some(attempt) = self.attempt() else { return Ok(()) };
        attempt.partner = Some(partner);
        attempt.welcomed = false;
        self.origin.clear();
        self.origin.push_str(origin);
        self.pinned = true;
        if pin {
            out.push(Op::Pinned.number());
        }
        Ok(())
    }

    /// Answers the partner's Hello.
    fn answer(&mut self, out: &mut Vec<u32>) {
        if let Some(Attempt { welcomed, .. }) = &mut self.attempt {
            *welcomed = false;
        }
        self.go_on(out);
    }

    /// Leads, if this side has the greater nonce; else asks the partner to.
    fn go_on(&mut self, out: &mut Vec<u32>) {
        let Some(Attempt { mine, partner: Some(Partner { theirs, .. }), welcomed }) = &mut self.attempt
        else {
            return;
        };
        if self.candidate != 0 {
            return;
        }
        if *theirs < *mine {
            let (mine, theirs) = (*mine, *theirs);
            let port = self.next_port();
            post(out, Greeting::Ready, Target::Pinned, port, &mine, &theirs);
            self.try_port(&theirs, out);
        } else if !*welcomed {
            *welcomed = true;
            post(out, Greeting::Welcome, Target::Pinned, 0, mine, theirs);
        }
    }

    fn welcome(
        &mut self,
        partner: Partner,
        origin: &str,
        mine: &Nonce,
        out: &mut Vec<u32>,
    ) -> Result<(), Denial> {
        if partner.theirs == *mine {
            return Err(Denial::Replayed);
        }
        if self.candidate != 0 {
            // Both said Hello at once: the port went out before this came.
            return if self.is_partner(&partner) { Ok(()) } else { Err(Denial::Replayed) };
        }
        self.meet(partner, origin, true, out)?;
        self.go_on(out);
        Ok(())
    }

    fn ready(
        &mut self,
        partner: Partner,
        origin: &str,
        mine: &Nonce,
        out: &mut Vec<u32>,
    ) -> Result<(), Denial> {
        let theirs = partner.theirs;
        if theirs <= *mine {
            return Err(Denial::WrongNonce);
        }
        if self.candidate != 0 {
            return Err(Denial::Replayed);
        }
        self.meet(partner, origin, true, out)?;
        let port = self.next_port();
        put!(out, TakePort, port);
        self.try_port(&theirs, out);
        Ok(())
    }

    fn offered(&mut self, partner: Partner, open: bool, out: &mut Vec<u32>) -> Result<(), Denial> {
        // Only one port is ever answered, so that both sides settle on the same.
        if open || self.attempt.is_some() {
            return Err(Denial::Replayed);
        }
        let mine = partner.theirs;
        self.attempt = Some(Attempt { mine, partner: Some(partner), welcomed: false });
        let port = self.next_port();
        put!(out, Pinned);
        put!(out, TakePort, port);
        self.try_port(&mine, out);
        Ok(())
    }

    /// Says the opening on the port last numbered, and awaits the peer's.
    fn try_port(&mut self, echo: &Nonce, out: &mut Vec<u32>) {
        self.candidate = self.last_port;
        send_open(out, self.last_port, self.takes, echo);
    }
}
