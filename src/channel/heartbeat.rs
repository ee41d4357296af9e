//! Whether the peer still lives: asked only while something is owed.

use super::time::Millis;

/// Unanswered questions that mean that the peer is gone.
const UNANSWERED: u32 = 3;

/// What a beat asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Beat {
    /// Nothing to do.
    Quiet,
    /// Send a Ping with this token.
    Ask(u32),
    /// The peer is gone.
    Gone,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Heartbeat {
    next: Millis,
    unanswered: u32,
    heard: bool,
    /// The token of the last Ping.
    token: u32,
    /// That Ping has no Pong yet.
    waiting: bool,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { next: Millis::NEVER, unanswered: 0, heard: false, token: 0, waiting: false }
    }
}

impl Heartbeat {
    pub(super) fn start(&mut self, now: Millis, interval: Millis) {
        self.next = now.plus(interval);
        self.unanswered = 0;
        self.heard = false;
    }

    pub(super) fn stop(&mut self) {
        self.next = Millis::NEVER;
        self.unanswered = 0;
        self.waiting = false;
    }

    pub(super) fn is_running(&self) -> bool {
        self.next != Millis::NEVER
    }

    pub(super) const fn due(&self) -> Millis {
        self.next
    }

    pub(super) fn is_due(&self, now: Millis) -> bool {
        self.is_running() && now >= self.next
    }

    pub(super) const fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Any message is a sign of life.
    pub(super) fn heard(&mut self) {
        self.heard = true;
        self.unanswered = 0;
    }

    pub(super) fn answered(&mut self, token: u32) {
        if token == self.token {
            self.waiting = false;
        }
    }

    /// A token for a question, unless one is open.
    pub(super) fn ask(&mut self) -> Option<u32> {
        (!self.waiting).then(|| self.next_token())
    }

    fn next_token(&mut self) -> u32 {
        self.waiting = true;
        self.token = self.token.wrapping_add(1);
        self.token
    }

    pub(super) fn beat(&mut self, now: Millis, interval: Millis, owed: bool) -> Beat {
        let late = now.since(self.next).get() > interval.get() / 2.0;
        self.next = now.plus(interval);
        if !owed {
            self.stop();
            return Beat::Quiet;
        }
        // This side's own clock stood still: what the peer said meanwhile may not have been read yet.
        if late || self.heard {
            self.heard = false;
            return Beat::Quiet;
        }
        if self.unanswered >= UNANSWERED {
            return Beat::Gone;
        }
        self.unanswered += 1;
        Beat::Ask(self.next_token())
    }
}
