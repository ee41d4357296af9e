//! When a session looks at the clock, and when it asks whether the peer still lives.

use super::frame::Kind;
use super::heartbeat::Beat;
use super::session::Session;
use super::streams::Incoming;
use super::time::Millis;

impl<P> Session<P> {
    /// Asks the peer for a sign of life, unless a question is open.
    pub(super) fn ping(&mut self) {
        if let Some(token) = self.beat.ask() {
            self.batch.add(Kind::Ping, token, 0, 0);
        }
    }

    /// Asks the peer at once whether it still lives.
    pub fn ping_now(&mut self, now: Millis) {
        if self.port != 0 {
            self.ping();
            self.flush(now);
        }
    }

    /// Asks the peer which frames it has taken, if it may not have taken all.
    pub fn probe(&mut self) {
        if self.port != 0 && self.buffered() > 0 {
            self.ping();
        }
    }

    /// Whether the peer owes an answer or an acknowledgement, or a stream is open.
    fn owed(&self) -> bool {
        self.pending.len() > 0
            || self.unacked.frames > 0
            || self.outgoing.len() > 0
            || self.incoming.iter().any(Incoming::is_open)
            || self.beat.is_waiting()
    }

    /// Starts the heartbeat if something is owed.
    pub(super) fn arm(&mut self, now: Millis) {
        if self.port != 0 && !self.suspended && !self.left && !self.beat.is_running() && self.owed() {
            self.beat.start(now, self.limits.heartbeat);
        }
    }

    /// Looks at the clock. The result is true when the peer has been silent for too long.
    pub(super) fn wake(&mut self, now: Millis) -> bool {
        if now >= self.due {
            self.time_out(now);
        }
        if self.port == 0 || self.suspended || !self.beat.is_due(now) {
            return false;
        }
        let owed = self.owed();
        match self.beat.beat(now, self.limits.heartbeat, owed) {
            Beat::Quiet => false,
            Beat::Ask(token) => {
                self.batch.add(Kind::Ping, token, 0, 0);
                self.flush(now);
                false
            }
            Beat::Gone => true,
        }
    }

    /// When to look at the clock again.
    pub(super) fn next_wake(&self) -> Millis {
        self.due.min(self.beat.due())
    }
}
