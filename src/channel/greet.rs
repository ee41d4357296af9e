//! Greetings that this side posts, and when.

use alloc::vec::Vec;

use super::arrival::Role;
use super::handshake::{Candidate, FIRST_RETRY, Handshake};
use super::nonce::Nonce;
use super::opening::send_open;
use super::ops::{Greeting, Target};
use super::time::Millis;
use super::witness::{OriginRule, OriginVerified};
use super::write::put;

pub(super) const LAST_RETRY: Millis = Millis::new(4_000.0);
/// Ports that an opaque page offers before it closes the oldest.
const MAX_OFFERS: usize = 4;
/// In the place of a nonce that a greeting has not.
const NO_NONCE: Nonce = Nonce([0; 4]);

impl Handshake {
    /// Posts the first greeting, or the next one at once.
    pub(super) fn greet(&mut self, now: Millis, out: &mut Vec<u32>) {
        if self.candidate != 0 {
            return;
        }
        match self.role {
            Role::Window | Role::Port => {
                let target = self.hello_target();
                if let Some(attempt) = self.attempt() {
                    post(out, Greeting::Hello, target, 0, &attempt.mine, &NO_NONCE);
                }
            }
            Role::OpaqueHost => post(out, Greeting::Knock, Target::Star, 0, &NO_NONCE, &NO_NONCE),
            Role::OpaqueChild => self.offer(out),
        }
        self.tries = self.tries.wrapping_add(1);
        self.wait_until(now.plus(self.delay));
        self.delay = LAST_RETRY.min(self.delay.plus(self.delay));
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
        if self.looks_again(now) || self.answer_kept(now, open, out) {
            return;
        }
        if open || self.candidate != 0 {
            self.drop_attempt(out);
        }
        // An opaque page's host knocks when it is there.
        if open || self.role == Role::OpaqueChild {
            self.wait_until(Millis::NEVER);
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
        self.wait_until(now.plus(FIRST_RETRY));
    }

    /// When to look again at an attempt that has just got on.
    pub(super) fn retry_after(&mut self, now: Millis, open: bool) {
        self.wait_until(now.plus(if open { LAST_RETRY } else { FIRST_RETRY }));
    }

    /// Offers a port of its own, from an opaque page.
    pub(super) fn offer(&mut self, out: &mut Vec<u32>) {
        // The port goes to one exact origin or nowhere.
        if OriginVerified::by_target(&self.rule).is_none() {
            return;
        }
        let Some(echo) = self.spare.pop() else { return };
        if self.offers.len() >= MAX_OFFERS
            && let Some(&Candidate { port, .. }) = self.offers.first()
        {
            self.close(port, out);
        }
        let port = self.next_port();
        post(out, Greeting::Offer, Target::Exact, port, &echo, &NO_NONCE);
        send_open(out, port, self.takes, &echo);
        self.offers.push(Candidate { port, echo });
    }
}

#[inline(never)]
pub(super) fn post(
    out: &mut Vec<u32>,
    kind: Greeting,
    target: Target,
    port: u32,
    Nonce(mine): &Nonce,
    Nonce(yours): &Nonce,
) {
    put!(out, Post, kind.number(), target.number(), port);
    out.extend_from_slice(mine);
    out.extend_from_slice(yours);
    out.push(u32::from(matches!(kind, Greeting::Welcome | Greeting::Ready)));
}
